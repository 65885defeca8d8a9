"""A stream's inside: pauses between bursts, signs of life, the end."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from torc_core.clock import SystemClock
from torc_core.model.events.event import Event, Severity
from torc_core.model.workflow import Workflow
from torc_server.controllers import event_feed
from torc_server.controllers import events as controller
from torc_server.controllers.event_feed import EventFeeds
from torc_server.controllers.events import KEEP_ALIVE, follow
from torc_server.records import crud
from torc_server.records import events as queries
from torc_server.records.resources import EVENT
from torc_server.rules.workflows import create_workflow
from torc_server.storage.migrations import migrate
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.sqlite.database import SQLiteDatabase
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
        self.feeds = EventFeeds(self.readers, self.notifier)

    def stream(self, after=0, now=0, level=Severity.DEBUG):
        return follow(self.readers, self.feeds, self.workflow_id, after=after, now=now, level=level)

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
    monkeypatch.setattr(event_feed, "PACE_S", 3.0)
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

    pieces = [await anext(stream)]
    while len(pieces[-1]) > event_feed.PIECE_BYTES / 2:
        pieces.append(await anext(stream))

    assert sum(piece.count(b"event: e\n") for piece in pieces) == 2500
    assert max(map(len, pieces)) <= event_feed.PIECE_BYTES
    await stream.aclose()


@pytest.mark.parametrize("most", [3, 2000])
async def test_a_client_that_is_behind_gets_large_events_one_by_one(base, monkeypatch, most):
    monkeypatch.setattr(event_feed, "MOST_EVENTS", most)
    monkeypatch.setattr(event_feed, "PIECE_BYTES", 100)
    stream = base.stream()
    await anext(stream)
    await base.record("e", count=9)
    assert [(await anext(stream)).count(b"event: e\n") for _ in range(9)] == [1] * 9
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


async def take(stream, number):
    """Return the ids of that many events of a stream, and close it."""
    ids = []
    while len(ids) < number:
        frames = await anext(stream)
        ids += [int(line[4:]) for line in frames.split(b"\n") if line.startswith(b"id: ")]
    await stream.aclose()
    return ids


@pytest.mark.parametrize("most", [2, 7, 2000])
async def test_streams_that_are_differently_far_miss_nothing(base, monkeypatch, most):
    monkeypatch.setattr(event_feed, "MOST_EVENTS", most)
    monkeypatch.setattr(event_feed, "PACE_S", 0.0)
    monkeypatch.setattr(queries, "CHUNK", 5)
    await base.record("before", count=9)
    streams = [base.stream(after=after, now=9) for after in (0, 4, 9, 9)]
    assert [await anext(stream) for stream in streams] == [KEEP_ALIVE] * 4
    taking = [
        asyncio.ensure_future(take(stream, 49 - after))
        for stream, after in zip(streams, (0, 4, 9, 9), strict=True)
    ]

    for _ in range(20):
        await base.record("more", count=2)

    taken = await asyncio.gather(*taking)
    assert taken == [list(range(after + 1, 50)) for after in (0, 4, 9, 9)]


async def test_a_stream_that_is_not_read_costs_no_queries_and_then_misses_nothing(
    base, monkeypatch
):
    monkeypatch.setattr(event_feed, "MOST_EVENTS", 3)
    monkeypatch.setattr(event_feed, "PACE_S", 0.0)
    stalled = [base.stream() for _ in range(20)]
    for stream in stalled:
        await anext(stream)
    healthy = asyncio.ensure_future(take(base.stream(), 50))
    for _ in range(50):
        await base.record("e")

    assert await healthy == list(range(1, 51))
    assert [await take(stream, 50) for stream in stalled] == [list(range(1, 51))] * 20


async def test_events_are_read_once_however_many_follow(base, monkeypatch):
    reads = []
    read = queries.events_after

    def counted(*arguments):
        reads.append(arguments)
        return read(*arguments)

    monkeypatch.setattr(queries, "events_after", counted)
    streams = [base.stream() for _ in range(50)]
    waiting = []
    for stream in streams:
        await anext(stream)
        waiting.append(asyncio.ensure_future(take(stream, 1)))
    await asyncio.sleep(0)
    await base.record("e")

    assert await asyncio.gather(*waiting) == [[1]] * 50
    assert len(reads) <= 3


async def test_levels_of_one_feed_are_kept_apart(base):
    streams = [base.stream(level=level) for level in (Severity.DEBUG, Severity.ERROR)]
    for stream in streams:
        await anext(stream)
    await base.record("job_started")
    await base.record("job_failed")

    assert await take(streams[0], 2) == [1, 2]
    assert await take(streams[1], 1) == [2]


async def test_the_more_streams_the_longer_the_pauses(base):
    assert base.feeds.pace_s == event_feed.PACE_S
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(base.feeds.joined(base.workflow_id, 0))
        assert base.feeds.pace_s == 0.5
    assert base.feeds.pace_s == event_feed.PACE_S
