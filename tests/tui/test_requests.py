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
from torc_tui.threads import MOST_UNDER_WAY

TIMEOUT_S = 100


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


async def test_a_first_answer_that_takes_long_is_reported_until_it_is_there():
    requests, gate, reports = Requests(connected), threading.Event(), []
    late = asyncio.Event()

    def changed():
        reports.append((requests.is_late, requests.is_up))
        late.set()

    requests.watch(changed, lambda: None)
    first = asyncio.ensure_future(requests.ask(lambda _: gate.wait(TIMEOUT_S)))
    await settled(late.wait())
    gate.set()
    await settled(first)
    await settled(requests.ask(lambda _: None))

    assert reports == [(True, None), (False, True)]
    requests.use(connected)
    assert not requests.is_late


async def test_a_later_answer_that_takes_long_is_reported_until_there_is_any(monkeypatch):
    monkeypatch.setattr("torc_tui.requests.SILENT_SERVER_S", 0.05)
    requests, gate, reports = Requests(connected), threading.Event(), []
    late = asyncio.Event()
    await requests.ask(lambda _: None)

    def changed():
        reports.append((requests.is_late, requests.is_up))
        late.set()

    requests.watch(changed, lambda: None)
    slow = asyncio.ensure_future(requests.ask(lambda _: gate.wait(TIMEOUT_S)))
    await settled(late.wait())
    await requests.ask(lambda _: None)
    gate.set()
    await settled(slow)
    requests.close()

    assert reports == [(True, True), (False, True)]


async def test_requests_without_a_slot_replace_nothing():
    requests = Requests(connected)
    answers = await settled(*(requests.ask(lambda _, n=n: n) for n in range(20)))

    assert answers == list(range(20))


async def test_a_thread_that_has_returned_carries_the_next_call():
    requests = Requests(connected)
    threads = {await requests.in_thread(threading.get_ident, slot=f"{n % 3}") for n in range(20)}

    assert len(threads) == 1

    gate = threading.Event()
    hanging = [requests.submit(lambda: gate.wait(TIMEOUT_S)) for _ in range(3)]
    others = {await requests.in_thread(threading.get_ident) for _ in range(5)}
    gate.set()
    await settled(*hanging)

    assert len(others) == 1


async def test_slots_do_not_wait_for_each_other():
    requests, gate = Requests(connected), threading.Event()
    slow = requests.submit(lambda: gate.wait(TIMEOUT_S), slot="slow")

    assert await requests.in_thread(lambda: "fast", slot="fast") == "fast"
    assert not slow.done()
    gate.set()
    await settled(slow)


@pytest.mark.parametrize("is_server_slow", [True, False])
async def test_what_hangs_holds_up_only_its_slot(is_server_slow):
    requests, gate = Requests(connected), threading.Event()

    def hang(_=None):
        return gate.wait(TIMEOUT_S)

    hanging = [
        asyncio.ensure_future(
            requests.ask(hang, slot=f"{number}")
            if is_server_slow
            else requests.look(hang, slot=f"{number}")
        )
        for number in range(10)
    ]
    waiting = asyncio.ensure_future(requests.look(lambda: "behind", slot="0"))
    answers = await settled(
        requests.ask(lambda _: "server", slot="rows"),
        requests.look(lambda: "file", slot="log"),
        requests.ask(lambda _: "an action"),
    )

    assert answers == ["server", "file", "an action"]
    assert waiting.done() is is_server_slow
    assert not any(each.done() for each in hanging)
    gate.set()
    assert await settled(*hanging, waiting) == [True] * 10 + ["behind"]


async def test_files_that_never_answer_leave_requests_alone_and_are_counted():
    requests, gate = Requests(connected), threading.Event()
    hanging = [requests.submit(lambda: gate.wait(TIMEOUT_S)) for _ in range(MOST_UNDER_WAY)]
    (refused,) = await settled(requests.look(lambda: "another"))

    assert isinstance(refused, MachineError)
    assert f"{MOST_UNDER_WAY} earlier looks at files" in refused.message
    assert await requests.ask(lambda _: "server") == "server"
    gate.set()
    await settled(*hanging)
    assert await requests.look(lambda: "again") == "again"


async def test_it_is_said_when_files_do_not_answer_and_when_they_do(monkeypatch):
    monkeypatch.setattr("torc_tui.requests.SILENT_S", 0.01)
    requests, gate, said = Requests(connected), threading.Event(), []
    was_said = asyncio.Event()
    requests.watch(lambda: None, lambda: None, lambda silent: (said.append(silent), was_said.set()))
    looks = [asyncio.ensure_future(requests.look(lambda: gate.wait(TIMEOUT_S))) for _ in range(3)]
    await asyncio.wait_for(was_said.wait(), TIMEOUT_S)
    assert said == [True]
    looks[0].cancel()  # what the user leaves is waited for no more
    gate.set()
    await settled(*looks)

    assert said == [True, False]


async def test_what_the_last_server_owes_in_a_slot_does_not_hold_up_the_next():
    requests, gate, begun = Requests(connected), threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        return gate.wait(TIMEOUT_S)

    asked = asyncio.ensure_future(requests.ask(slow, slot="rows"))
    await asyncio.to_thread(begun.wait, TIMEOUT_S)
    requests.use(lambda: connected("http://127.0.0.1:10"))

    assert await settled(requests.ask(lambda _: "next", slot="rows")) == ["next"]
    gate.set()
    await settled(asked)


async def test_errors_are_answers_too_and_a_thread_survives_any_of_them():
    requests = Requests(connected)
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
