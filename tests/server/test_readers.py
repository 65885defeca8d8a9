"""Queries of several requesters: a client that asks much waits only for itself."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from torc_core.errors import MachineError, NotFoundError
from torc_server.peers import requester
from torc_server.storage.readers import AT_ONCE, QUICK_S, Readers
from torc_server.storage.sqlite.database import SQLiteDatabase


def test_a_requester_of_many_queries_leaves_room_for_others(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()

    async def ask(who: str, effort: int, done: list[str]) -> None:
        requester.set(who)
        await readers.run(lambda _: sum(range(effort)))
        done.append(who)

    async def scene() -> list[str]:
        done: list[str] = []
        busy = [asyncio.create_task(ask("busy", 100_000, done)) for _ in range(300)]
        await asyncio.sleep(0)
        for other in ("alice", "bob"):
            await asyncio.create_task(ask(other, 1, done))
        await asyncio.gather(*busy)
        return done

    readers = Readers(database, 2)
    try:
        done = asyncio.run(asyncio.wait_for(scene(), 60))
    finally:
        readers.stop()

    assert len(done) == 302
    assert done.index("alice") < done.index("bob") < 150


def test_what_has_not_begun_when_the_server_stops_is_given_up(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    go_on = threading.Event()

    async def scene() -> str:
        running = asyncio.create_task(readers.run(lambda _: "done" if go_on.wait(100) else ""))
        others = [asyncio.create_task(readers.run(lambda _: "done")) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(readers.run(lambda _: "never"))
        await asyncio.sleep(0)
        readers.refuse_waiting()
        with pytest.raises(MachineError, match="stops"):
            await waiting
        go_on.set()
        assert await asyncio.gather(*others) == ["done"] * AT_ONCE
        return await running

    readers = Readers(database, 1)
    try:
        assert asyncio.run(asyncio.wait_for(scene(), 60)) == "done"
    finally:
        go_on.set()
        readers.stop()


def test_a_database_that_is_gone_is_an_error_of_the_machine(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    (tmp_path / "torc.db").unlink()
    readers = Readers(database, 1)
    try:
        with pytest.raises(MachineError, match="cannot open its database") as caught:
            asyncio.run(readers.run(lambda _: 1))
    finally:
        readers.stop()

    assert caught.value.details == {"database": "missing"}


class Counter:
    """A query that notes in which threads it was asked, and costs so much CPU time."""

    def __init__(self, cost_s: float = 0) -> None:
        self.cost_s = cost_s
        self.threads: list[str] = []

    def __call__(self, connection, number):
        self.threads.append(threading.current_thread().name)
        begin = time.thread_time()
        while time.thread_time() - begin < self.cost_s:
            pass
        [(found,)] = connection.exec_driver_sql("SELECT count(*) FROM thing")
        return number, found


@pytest.fixture
def things(tmp_path):
    """Return a database with a table that is empty, and what adds a row to it."""
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    writer = database.writer_engine().connect()

    def write(text):
        with writer.begin():
            writer.exec_driver_sql(text)

    write("CREATE TABLE thing (id INTEGER)")
    yield database, lambda: write("INSERT INTO thing VALUES (1)")
    writer.close()


def ask(database, scene):
    """Run a scene with readers of the database."""
    readers = Readers(database, 1)
    try:
        asyncio.run(asyncio.wait_for(scene(readers), 100))
    finally:
        readers.stop()


def test_what_was_looked_up_is_kept_until_something_changes(things):
    database, add = things
    query = Counter()

    async def scene(readers):
        assert [await readers.look_up(query, at) for at in (1, 2, 1, 2)] == 2 * [(1, 0), (2, 0)]
        assert len(query.threads) == 2
        add()
        assert [await readers.look_up(query, at) for at in (1, 2, 1, 2)] == 2 * [(1, 1), (2, 1)]
        assert len(query.threads) == 4

    ask(database, scene)


def test_a_query_that_was_quick_is_answered_on_the_spot_and_a_slow_one_in_a_thread(things):
    database, add = things
    quick, slow = Counter(), Counter(cost_s=2 * QUICK_S)

    async def scene(readers):
        for _ in range(3):
            for query in (quick, slow):
                await readers.look_up(query, 1)
            add()

    ask(database, scene)

    here = threading.current_thread().name
    assert [name.startswith("reader") for name in slow.threads] == [True] * 3
    assert quick.threads[0].startswith("reader")
    assert quick.threads[1:] == [here] * 2


def test_a_failed_query_is_asked_again(things):
    database, _ = things
    tries = []

    def query(_connection):
        tries.append(1)
        raise NotFoundError.of("thing", 1)

    async def scene(readers):
        for _ in range(2):
            with pytest.raises(NotFoundError):
                await readers.look_up(query)

    ask(database, scene)

    assert len(tries) == 2
