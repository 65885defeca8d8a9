"""Requests are awaited and carried by threads: in order within a slot, and the latest wins."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, MachineError, TorcError, UnreachableError, UsageError
from torc_core.host.connect import Connection
from torc_tui.requests import Requests

TIMEOUT_S = 30


def connected(url="http://127.0.0.1:9"):
    return Connection(TorcClient(url), is_embedded=False)


def raising(error):
    def call(_):
        raise error

    return call


async def settled(*awaitables):
    async with asyncio.timeout(TIMEOUT_S):
        return await asyncio.gather(*awaitables, return_exceptions=True)


async def test_of_requests_that_wait_in_one_slot_only_the_last_is_carried_out():
    requests, gate, begun, carried = Requests(connected), threading.Event(), threading.Event(), []

    def first():
        begun.set()
        gate.wait(TIMEOUT_S)
        return 0

    running = requests.submit(first, slot="rows")
    assert begun.wait(TIMEOUT_S)
    waiting = [
        requests.submit(lambda number=number: carried.append(number), slot="rows")
        for number in range(1, 50)
    ]
    gate.set()
    await settled(running, *waiting)

    assert running.result() == 0
    assert carried == [49]
    assert [future.cancelled() for future in waiting] == [True] * 48 + [False]


async def test_requests_without_a_slot_replace_nothing():
    requests = Requests(connected, threads=1)
    answers = await settled(*(requests.ask(lambda _, n=n: n) for n in range(20)))

    assert answers == list(range(20))


async def test_slots_do_not_wait_for_each_other():
    requests, gate = Requests(connected), threading.Event()
    slow = requests.submit(lambda: gate.wait(TIMEOUT_S), slot="slow")

    assert await requests.in_thread(lambda: "fast", slot="fast") == "fast"
    assert not slow.done()
    gate.set()
    await settled(slow)


async def test_errors_are_answers_too_and_a_thread_survives_any_of_them():
    requests = Requests(connected, threads=1)
    refused = await settled(
        requests.in_thread(lambda: raising(UsageError("no"))(None)),
        requests.in_thread(lambda: 1 / 0),
        requests.in_thread(lambda: {}["missing"]),
    )

    assert [type(error) for error in refused] == [UsageError, TorcError, TorcError]
    assert await requests.in_thread(lambda: "alive") == "alive"


async def test_the_connection_is_made_once_it_is_needed_and_again_until_it_stands():
    attempts = []

    def connect():
        attempts.append(1)
        if len(attempts) < 3:
            raise UnreachableError("not yet")
        return connected()

    requests = Requests(connect)
    assert requests.url is None
    seen = [(await settled(requests.ask(lambda client: client.url)))[0] for _ in range(4)]
    requests.close()

    assert len(attempts) == 3
    assert [type(each) for each in seen[:2]] == [UnreachableError] * 2
    assert seen[2] == seen[3] == requests.url


@pytest.mark.parametrize(
    ("error", "is_up"),
    [
        (None, True),
        (ConflictError("it is archived"), True),
        (MachineError("of the server's machine"), True),
        (UnreachableError("no connection"), False),
    ],
)
async def test_a_server_that_refuses_is_there_and_one_that_is_silent_is_not(error, is_up):
    requests, changes = Requests(connected), []
    requests.watch(lambda: changes.append(requests.is_up), lambda: None)
    await settled(requests.ask(raising(error) if error else lambda _: 1))
    await settled(requests.ask(raising(error) if error else lambda _: 1))
    requests.close()

    assert changes == [is_up]


async def test_a_server_that_cannot_be_started_is_not_there():
    def connect():
        raise MachineError("The embedded server does not start.")

    requests = Requests(connect)
    (error,) = await settled(requests.ask(lambda client: client.url))
    requests.close()

    assert isinstance(error, MachineError)
    assert requests.is_up is False


async def test_work_on_this_machine_says_nothing_about_the_server():
    requests = Requests(connected)
    await settled(requests.in_thread(lambda: 1), requests.in_thread(lambda: raising(OSError())(0)))

    assert requests.is_up is None


async def test_a_lost_server_is_asked_again_later_and_later(monkeypatch):
    pauses = []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def hurried(pause_s, call, *arguments):
        if getattr(call, "__name__", "") != "_try_again":
            return call_later(pause_s, call, *arguments)
        pauses.append(pause_s)
        return call_later(0, call)

    monkeypatch.setattr(loop, "call_later", hurried, raising=False)
    requests, again = Requests(connected), asyncio.Event()
    requests.watch(lambda: None, again.set)
    for _ in range(6):
        again.clear()
        await settled(requests.ask(raising(UnreachableError("gone"))))
        await asyncio.wait_for(again.wait(), TIMEOUT_S)
    await requests.ask(lambda _: 1)
    await settled(requests.ask(raising(UnreachableError("gone"))))
    requests.close()

    assert pauses == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 1.0]


async def test_failures_together_make_one_new_try():
    requests, tries, again = Requests(connected), [], asyncio.Event()
    requests.watch(lambda: None, lambda: (tries.append(1), again.set()))
    await settled(*(requests.ask(raising(UnreachableError("gone"))) for _ in range(5)))
    await asyncio.wait_for(again.wait(), TIMEOUT_S)
    requests.close()

    assert tries == [1]


async def test_what_a_server_says_after_it_was_left_is_dropped():
    requests, gate, begun = Requests(connected), threading.Event(), threading.Event()
    changes = []

    def slow(_):
        begun.set()
        gate.wait(TIMEOUT_S)
        return "old"

    asked = asyncio.ensure_future(requests.ask(slow))
    await asyncio.to_thread(begun.wait, TIMEOUT_S)
    requests.use(lambda: connected("http://127.0.0.1:10"))
    requests.watch(lambda: changes.append(requests.is_up), lambda: None)
    gate.set()
    await settled(asked)

    assert asked.cancelled()
    assert changes == []
    assert await requests.ask(lambda client: client.url) == requests.url
    assert ":10/" in requests.url


async def test_going_to_another_server_waits_for_no_connection():
    gate, begun = threading.Event(), threading.Event()

    def hanging():
        begun.set()
        gate.wait(TIMEOUT_S)
        raise UnreachableError("at last")

    requests = Requests(hanging)
    asked = asyncio.ensure_future(requests.ask(lambda client: client.url))
    await asyncio.to_thread(begun.wait, TIMEOUT_S)
    requests.use(connected)

    assert await asyncio.wait_for(requests.ask(lambda client: client.url), TIMEOUT_S)
    gate.set()
    await settled(asked)
    assert asked.cancelled()
    assert requests.is_up


HANGING = """
import asyncio, sys, threading
from torc_core.client import TorcClient
from torc_core.host.connect import Connection
from torc_tui.requests import Requests

async def main():
    requests = Requests(lambda: Connection(TorcClient("http://127.0.0.1:9"), is_embedded=False))
    begun = threading.Event()
    requests.submit(lambda: (begun.set(), threading.Event().wait()))
    begun.wait()

asyncio.run(main())
"""


def test_a_server_that_never_answers_does_not_hold_up_the_exit():
    done = subprocess.run([sys.executable, "-c", HANGING], timeout=TIMEOUT_S, check=False)

    assert done.returncode == 0
