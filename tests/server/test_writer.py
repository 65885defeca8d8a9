"""The writer: groups, failures inside them, a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from itertools import chain, count
from pathlib import Path

import pytest
from sqlalchemy import text
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.errors import MachineError, UsageError
from torc_core.model.workflow import Workflow
from torc_server.rules.workflows import create_workflow
from torc_server.storage import writer as writer_module
from torc_server.storage.long_work.unfinished import (
    TakenOverError,
    WorkKind,
    check_free,
    forget_work,
    hold_work,
    note_work,
)
from torc_server.storage.migrations import migrate
from torc_server.storage.notify import CHANGED_TOPICS, Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.sqlite import database as sqlite_module
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.writer import Writer


@pytest.fixture
def database(tmp_path):
    made = SQLiteDatabase(tmp_path / "torc.db")
    made.create()
    with made.writer_engine().connect() as connection:
        migrate(connection, made, 0)
        connection.execute(text("CREATE TABLE note (number INTEGER UNIQUE, body TEXT)"))
        for _ in range(8):
            create_workflow(connection, Workflow(name="w", user="u"), now_ms=0)
        connection.commit()
    return made


@pytest.fixture
async def notifier():
    return Notifier()


@pytest.fixture
async def writer(database, notifier):
    started = Writer(database, notifier, clock=SystemClock())
    yield started
    await started.stop()


@pytest.fixture
async def readers(database):
    started = Readers(database, 2)
    yield started
    started.stop()


def add(connection, number, body="", touches=None):
    connection.execute(
        text("INSERT INTO note VALUES (:number, :body)"), {"number": number, "body": body}
    )
    if touches is not None:
        connection.info.setdefault(CHANGED_TOPICS, set()).add(touches)
    return number


def numbers(connection):
    return set(connection.execute(text("SELECT number FROM note")).scalars())


def add_and_fail(connection, number):
    add(connection, number)
    raise UsageError("no")


async def together(writer, *works):
    """Run works in one group: the writer is held until all of them wait."""
    released = threading.Event()
    held = writer.run(lambda _connection: released.wait(100))
    pending = [asyncio.ensure_future(work) for work in (held, *works)]
    await asyncio.sleep(0)  # let each put its request into the queue
    released.set()
    return (await asyncio.gather(*pending, return_exceptions=True))[1:]


async def test_a_write_is_visible_to_readers_once_it_is_answered(writer, readers):
    assert await writer.run(add, 1) == 1

    assert await readers.run(numbers) == {1}


async def test_one_failure_leaves_the_others_of_its_group_alone(writer, readers):
    answers = await together(
        writer, writer.run(add, 1), writer.run(add_and_fail, 2), writer.run(add, 3)
    )

    assert answers[0] == 1
    assert isinstance(answers[1], UsageError)
    assert answers[2] == 3
    assert await readers.run(numbers) == {1, 3}


async def test_waiting_writes_are_committed_together(writer, monkeypatch):
    groups = []
    run_group = writer._groups.run

    def record(connection, group):
        groups.append(len(group))
        run_group(connection, group)

    monkeypatch.setattr(writer._groups, "run", record)
    await together(writer, *(writer.run(add, number) for number in range(100)))

    assert sum(groups) == 101
    assert max(groups) == writer_module.GROUP_LIMIT
    assert len(groups) <= 3


class Clock(SystemClock):
    """Its wall clock shows these moments, one after the other, and then the last one."""

    def __init__(self, *moments):
        self._left = list(moments)

    def wall_ms(self):
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


@pytest.fixture
async def writer_with(database, notifier):
    """Make a writer with a clock of the test's own."""
    started = []

    def start(clock):
        started.append(Writer(database, notifier, clock=clock))
        return started[-1]

    yield start
    for one in started:
        await one.stop()


def add_moment(connection, number=None, *, now_ms):
    connection.execute(
        text("INSERT INTO note VALUES (:number, :now)"), {"number": number, "now": now_ms}
    )
    return now_ms


async def test_times_never_decrease_with_ids_when_the_clock_is_set_back(writer_with, readers):
    writer = writer_with(Clock(100, 60, 99, 500, 3))

    async def write_some():
        return [await writer.run_timed(add_moment) for _ in range(10)]

    answers = await asyncio.gather(*(write_some() for _ in range(8)))

    moments = await readers.run(
        lambda c: list(map(int, c.execute(text("SELECT body FROM note ORDER BY rowid")).scalars()))
    )
    assert moments == sorted(moments)
    assert sorted(chain.from_iterable(answers)) == moments
    assert set(moments) == {100, 500}


async def test_requests_of_one_group_have_one_moment(writer_with):
    writer = writer_with(Clock(*range(1, 100)))

    def add_both(connection, items, now_ms):
        return [add_moment(connection, item, now_ms=now_ms) for item in items]

    moments = await together(
        writer,
        writer.run_timed(add_moment, 1),
        writer.run_timed(add_moment, 2),
        writer.run_together(add_both, 3),
    )

    assert moments == [moments[0]] * 3
    assert await writer.run_timed(add_moment, 4) == moments[0] + 1


def add_all(connection, items, _now_ms=0):
    """Add numbers together; negative ones are refused, and 13 makes the whole call fail."""
    outcomes = []
    for number in items:
        if number < 0:
            outcomes.append(UsageError(f"{number} of {len(items)}"))
        else:
            outcomes.append((add(connection, number), len(items)))
    if 13 in items:
        raise UsageError("13")
    return outcomes


async def test_waiting_items_of_one_kind_are_written_together_each_for_itself(writer, readers):
    answers = await together(
        writer,
        *(writer.run_together(add_all, number) for number in (1, -2, 3)),
        writer.run(add, 4),
        writer.run_together(add_all, 5),
    )

    assert answers[0] == (1, 3)
    assert isinstance(answers[1], UsageError)
    assert answers[1].message == "-2 of 3"
    assert answers[2:] == [(3, 3), 4, (5, 1)]
    assert await readers.run(numbers) == {1, 3, 4, 5}


async def test_items_whose_call_fails_are_written_one_by_one(writer, readers):
    answers = await together(
        writer, *(writer.run_together(add_all, number) for number in (1, 13, 3))
    )

    assert answers[0] == (1, 1)
    assert isinstance(answers[1], UsageError)
    assert answers[2] == (3, 1)
    assert await readers.run(numbers) == {1, 3}


async def test_whoever_waits_for_a_workflow_wakes_after_the_commit(writer, readers, notifier):
    version = notifier.version(7)
    waiter = asyncio.ensure_future(notifier.wait(7, version, 30))

    await writer.run(add, 1, touches=7)

    assert await waiter > version
    assert notifier.version(8) == 0
    assert await readers.run(numbers) == {1}


async def test_a_full_disk_fails_the_write_and_not_the_writer(writer, readers):
    pages = await writer.run(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    await writer.run(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}"))

    answers = await together(
        writer, writer.run(add, 1), writer.run(add, 2, "x" * 100_000), writer.run(add, 3)
    )

    assert answers[0] == 1
    assert isinstance(answers[1], MachineError)
    assert "space" in answers[1].message
    assert answers[2] == 3
    assert await readers.run(numbers) == {1, 3}
    await writer.run(lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000"))
    assert await writer.run(add, 2, "x" * 100_000) == 2


async def test_a_reader_cannot_write(readers):
    with pytest.raises(Exception, match="may only read its database"):
        await readers.run(add, 1)


async def test_the_log_is_folded_in_when_the_writer_has_nothing_else_to_do(
    writer, database, monkeypatch
):
    monkeypatch.setattr(sqlite_module, "IDLE_CHECKPOINT_BYTES", 0)
    await writer.run(add, 1, "x" * 1_000_000)

    await asyncio.to_thread(
        wait_for, lambda: Path(database.name).stat().st_size > 1_000_000, "the log to be folded in"
    )


async def test_a_foreign_reader_delays_no_write(writer, database, monkeypatch):
    monkeypatch.setattr(sqlite_module, "IDLE_CHECKPOINT_BYTES", 100_000)
    await writer.run(add, 0)
    with contextlib.closing(sqlite3.connect(database.name)) as foreign:
        foreign.execute("BEGIN")
        foreign.execute("SELECT * FROM note").fetchall()
        begin = time.monotonic()
        for number in range(1, 20):
            await writer.run(add, number, "x" * 10_000)
        assert time.monotonic() - begin < 60  # each would wait for five seconds
        foreign.rollback()

    await writer.run(add, 99, "x" * 200_000)
    await asyncio.to_thread(wait_for, lambda: database.wal_bytes() == 0, "the log to be empty")


async def test_stopping_answers_what_waits_and_leaves_no_log(database, notifier):
    writer = Writer(database, notifier, clock=SystemClock())
    answers = together(writer, *(writer.run(add, number) for number in range(10)))

    assert await answers == list(range(10))
    await writer.stop()

    assert database.wal_bytes() == 0


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def add_many(connection):
    """Write 25 MB, which stay in SQLite's cache; return what is resident then."""
    for number in range(2500):
        add(connection, number, "x" * 10_000)
    return resident_mb()


async def test_what_a_large_write_used_goes_back_to_the_system(writer, monkeypatch):
    monkeypatch.setattr(writer_module, "LARGE_GROUP_S", 0.0)

    used_mb = await writer.run(add_many)

    await asyncio.to_thread(wait_for, lambda: resident_mb() < used_mb - 15, "memory to be freed")


def change(connection, workflow_id, number):
    add(connection, number)
    check_free(connection, workflow_id)
    return number


def begin(connection, own, *, now_ms):
    note_work(connection, own.workflow_id, WorkKind.INITIALIZE, own.holder)


def end(connection, workflow_id, *, now_ms):
    forget_work(connection, workflow_id)


HOLDERS = count(1)


@contextlib.asynccontextmanager
async def reserved(writer, workflow_id):
    async with writer.reserve(workflow_id, next(HOLDERS)) as own:
        await own.begin(begin, own)
        yield own
        await own.run(end, workflow_id)


async def test_who_would_change_a_reserved_workflow_waits_and_others_do_not(writer, readers):
    async with reserved(writer, 7) as own:
        waiting = asyncio.ensure_future(writer.run(change, 7, 1))
        assert await writer.run(change, 8, 2) == 2
        assert await own.run(lambda connection, now_ms: change(connection, 7, 3)) == 3
        assert await readers.run(numbers) == {2, 3}
        assert not waiting.done()

    assert await waiting == 1
    assert await readers.run(numbers) == {1, 2, 3}


async def test_of_a_group_only_those_wait_that_concern_the_reserved_workflow(writer):
    async with reserved(writer, 7):
        first = asyncio.ensure_future(writer.run(change, 7, 1))
        answers = await together(writer, writer.run(change, 8, 2), writer.run(add_and_fail, 3))
        assert answers[0] == 2
        assert isinstance(answers[1], UsageError)
    assert await first == 1


async def test_of_a_group_those_wait_that_come_behind_the_reservation(writer):
    async with writer.reserve(7, next(HOLDERS)) as own:
        answers = asyncio.ensure_future(
            together(writer, own.begin(begin, own), writer.run(change, 7, 1))
        )
        await writer.run(numbers)
        await own.run(lambda connection, now_ms: change(connection, 7, 2))
        assert not answers.done()
        await own.run(end, 7)
    assert await answers == [None, 1]


async def test_a_reservation_that_fails_to_begin_keeps_no_request_waiting(writer):
    def begin_and_fail(connection, own, *, now_ms):
        begin(connection, own, now_ms=now_ms)
        raise UsageError("no")

    async def reserve():
        async with writer.reserve(7, next(HOLDERS)) as own:
            await own.begin(begin_and_fail, own)

    answers = await together(writer, reserve(), writer.run(change, 7, 1))

    assert isinstance(answers[0], UsageError)
    assert answers[1] == 1


async def test_reservations_of_a_workflow_take_turns(writer):
    seen = []

    async def work(name):
        async with reserved(writer, 7) as own:
            for _ in range(3):
                seen.append(name)
                await own.run(lambda connection, now_ms: check_free(connection, 7))

    await asyncio.gather(work("a"), work("b"), work("c"))

    assert len(seen) == 9
    assert all(len(set(seen[at : at + 3])) == 1 for at in (0, 3, 6))


async def test_a_reservation_that_was_given_up_while_it_waited_holds_nothing(writer):
    async def reserve():
        async with reserved(writer, 7):
            pytest.fail("it was given up")

    async with reserved(writer, 7):
        late = asyncio.ensure_future(reserve())
        await writer.run(numbers)
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)

    assert await writer.run(change, 7, 1) == 1


async def test_work_that_was_taken_over_changes_nothing_more(writer):
    async with writer.reserve(7, next(HOLDERS)) as own:
        await own.begin(begin, own)
        other = next(HOLDERS)
        await writer.run(hold_work, 7, other)
        with pytest.raises(TakenOverError):
            await own.run(lambda connection, now_ms: add(connection, 1))
        async with writer.reserve(7, other) as successor:
            await successor.run(end, 7)
        with pytest.raises(TakenOverError):
            await own.run(lambda connection, now_ms: add(connection, 1))
    assert await writer.run(numbers) == set()


async def test_who_waits_when_the_writer_stops_is_refused(database, notifier):
    writer = Writer(database, notifier, clock=SystemClock())
    async with writer.reserve(7, next(HOLDERS)) as own:
        await own.begin(begin, own)
        waiting = asyncio.ensure_future(writer.run(change, 7, 1))
        await writer.run(numbers)
        await writer.stop()
        with pytest.raises(MachineError, match="stops"):
            await waiting
