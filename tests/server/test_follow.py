"""A stream's inside: pauses between bursts, signs of life, the end."""

from __future__ import annotations

import asyncio

import pytest

from torc_core.clock import SystemClock
from torc_core.model.events.event import Event, Severity
from torc_core.model.workflow import Workflow
from torc_server.controllers import events as controller
from torc_server.controllers.events import KEEP_ALIVE, follow
from torc_server.records import crud
from torc_server.records import events as queries
from torc_server.records.resources import EVENT
from torc_server.rules.workflows import create_workflow
from torc_server.storage.migrations import migrate
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.sqlite import SQLiteDatabase
from torc_server.storage.writer import Writer


class Base:
    """A database with one workflow, its writer, readers and notifier."""

    def __init__(self, path, clock=None) -> None:
        database = SQLiteDatabase(path)
        database.create()
        with database.writer_engine().connect() as connection:
            migrate(connection, database, 0)
            with connection.begin():
                made = create_workflow(connection, Workflow(name="w", user="u"), now_ms=0)
        self.workflow_id = made.id
        self.notifier = Notifier()
        self.writer = Writer(database, self.notifier, clock=clock or SystemClock())
        self.readers = Readers(database, 1)

    def stream(self):
        return follow(self.readers, self.notifier, self.workflow_id, after=0, level=Severity.DEBUG)

    async def record(self, event_type, count=1):
        noted = Event(workflow_id=self.workflow_id, timestamp=0, data={"type": event_type})

        def write(connection, *, now_ms):
            for _ in range(count):
                crud.create(connection, EVENT, noted, now_ms=now_ms)

        await self.writer.run_timed(write)


@pytest.fixture
async def base(tmp_path):
    made = Base(tmp_path / "torc.db")
    yield made
    made.readers.stop()
    await made.writer.stop()


async def test_changes_in_a_burst_come_together(base, monkeypatch):
    monkeypatch.setattr(controller, "PACE_S", 0.2)
    stream = base.stream()
    assert await anext(stream) == KEEP_ALIVE
    await base.record("first")
    assert (await anext(stream)).count(b"event: first\n") == 1

    for _ in range(20):
        await base.record("more")

    assert (await anext(stream)).count(b"event: more\n") == 20
    await stream.aclose()


async def test_a_long_history_comes_in_pieces_without_a_gap(base):
    await base.record("e", count=2500)
    stream = base.stream()
    assert await anext(stream) == KEEP_ALIVE

    pieces = [await anext(stream) for _ in range(3)]

    assert [piece.count(b"event: e\n") for piece in pieces] == [1000, 1000, 500]
    await stream.aclose()


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_what_was_passed_over_is_not_looked_at_again(base, monkeypatch, count):
    monkeypatch.setattr(queries, "CHUNK", 3)
    await base.record("job_started", 5)
    await base.record("job_failed", count)
    await base.record("job_started", 5)

    def after(event_id):
        return base.readers.run(queries.events_after, base.workflow_id, event_id, Severity.ERROR)

    news, seen = await after(0)
    assert [event_id for event_id, _ in news] == list(range(6, 6 + count))
    assert seen == (8 if count == 3 else 10 + count)
    assert await after(seen) == ([], 10 + count)
    assert await after(99) == ([], 99)


async def test_a_silent_stream_shows_that_it_lives(base, monkeypatch):
    monkeypatch.setattr(controller, "KEEP_ALIVE_S", 0.01)
    stream = base.stream()

    assert [await anext(stream) for _ in range(3)] == [KEEP_ALIVE] * 3
    await stream.aclose()


async def test_what_happened_before_the_stop_is_still_sent(base):
    stream = base.stream()
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    await base.record("last")
    base.notifier.close()

    assert b"event: last\n" in await waiting
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_times_of_events_never_decrease_with_ids_when_the_clock_is_set_back(tmp_path):
    moments = iter([5_000, 4_000, 9_000])

    class Clock(SystemClock):
        def wall_ms(self):
            return next(moments, 1_000)

    base = Base(tmp_path / "torc.db", clock=Clock())

    async def record_some():
        for _ in range(5):
            await base.record("happened", count=2)

    await asyncio.gather(*(record_some() for _ in range(4)))
    written, _ = await base.readers.run(queries.events_after, base.workflow_id, 0, Severity.DEBUG)
    base.readers.stop()
    await base.writer.stop()

    recorded = [event.timestamp for _, event in sorted(written, key=lambda one: one[0])]
    assert len(recorded) == 40
    assert recorded == sorted(recorded)
    assert set(recorded) == {5_000, 9_000}
