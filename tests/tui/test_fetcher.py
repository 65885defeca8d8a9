"""Requests are carried by threads: in order within a slot, and the latest wins."""

from __future__ import annotations

import queue
import threading

from torc_core.client import TorcClient
from torc_core.errors import TorcError, UnreachableError, UsageError
from torc_core.host.connect import Connection
from torc_tui.state.fetcher import Fetcher

TIMEOUT_S = 30


class Answers:
    """Takes answers as the interface's thread would."""

    def __init__(self):
        self.calls = queue.Queue()

    def deliver(self, call):
        self.calls.put(call)

    def next(self):
        return self.calls.get(timeout=TIMEOUT_S)()


def make_fetcher(connect=None):
    answers = Answers()
    return Fetcher(connect or (lambda: None), answers.deliver), answers


def test_of_requests_that_wait_in_one_slot_only_the_last_is_carried_out():
    fetcher, answers = make_fetcher()
    gate, begun, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        gate.wait(TIMEOUT_S)
        return 0

    fetcher.ask("rows", first, done.append, done.append)
    begun.wait(TIMEOUT_S)
    for number in range(1, 50):
        fetcher.ask("rows", lambda number=number: number, done.append, done.append)
    gate.set()
    answers.next()
    answers.next()

    assert done == [0, 49]


def test_slots_do_not_wait_for_each_other():
    fetcher, answers = make_fetcher()
    gate, done = threading.Event(), []
    fetcher.ask("slow", lambda: gate.wait(TIMEOUT_S), done.append, done.append)
    fetcher.ask("fast", lambda: "fast", done.append, done.append)
    answers.next()

    assert done == ["fast"]
    gate.set()
    answers.next()


def test_errors_are_answers_too_and_a_thread_survives_any_of_them():
    fetcher, answers = make_fetcher()
    errors = []

    def refuse():
        raise UsageError("no")

    for call in (refuse, lambda: 1 / 0, lambda: {}["missing"]):
        fetcher.ask("x", call, errors.append, errors.append)
        answers.next()

    assert [type(error) for error in errors] == [UsageError, TorcError, TorcError]
    fetcher.ask("x", lambda: "alive", errors.append, errors.append)
    answers.next()
    assert errors[-1] == "alive"


def test_the_connection_is_made_once_it_is_needed_and_again_until_it_stands():
    attempts = []

    def connect():
        attempts.append(1)
        if len(attempts) < 3:
            raise UnreachableError("not yet")
        return Connection(TorcClient("http://127.0.0.1:9"), is_embedded=False)

    fetcher, answers = make_fetcher(connect)
    seen = []
    assert fetcher.url is None
    for _ in range(4):
        fetcher.ask("x", lambda: fetcher.client().url, seen.append, seen.append)
        answers.next()

    assert len(attempts) == 3
    assert isinstance(seen[0], UnreachableError)
    assert seen[2] == seen[3] == fetcher.url
