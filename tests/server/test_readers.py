"""Queries of several requesters: a client that asks much waits only for itself."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import select

from torc_core.clock import SystemClock
from torc_core.errors import MachineError, NotFoundError
from torc_server.peers import requester
from torc_server.storage import readers as readers_module
from torc_server.storage import tables
from torc_server.storage.groups import Groups, Request
from torc_server.storage.migrations import migrate
from torc_server.storage.readers import AT_ONCE, QUICK_S, Readers
from torc_server.storage.sqlite import database as sqlite_database
from torc_server.storage.sqlite.changes import TableChanges, tables_of
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.statements import Prepared

ADD_GROUP = (
    "INSERT INTO access_group (name, created_at, is_system)"
    " SELECT count(*), '', 0 FROM access_group"
)


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


LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
    " SELECT count(*) FROM n"
)


def test_what_runs_when_the_server_stops_is_interrupted(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    has_begun = threading.Event()

    def take_long(connection):
        has_begun.set()
        return connection.exec_driver_sql(LONG).scalar_one()

    async def scene():
        asked = [asyncio.create_task(readers.run(take_long)) for _ in range(3)]
        assert await asyncio.to_thread(has_begun.wait, 100)
        await asyncio.to_thread(readers.stop)
        return await asyncio.gather(*asked, return_exceptions=True)

    readers = Readers(database, 1)
    refused = asyncio.run(asyncio.wait_for(scene(), 300))

    assert [type(each) for each in refused] == [MachineError] * 3
    assert {str(each) for each in refused} == {"The server stops."}


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


def test_damage_that_is_met_in_the_middle_of_the_rows_is_an_error_of_the_machine(things):
    database, write = things
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    write(
        "INSERT INTO access_group (name, created_at, is_system)"
        f" SELECT i, hex(zeroblob(100)), 0 FROM ({many} SELECT i FROM n)"
    )
    with closing(sqlite3.connect(database.path)) as shell:
        shell.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = database.path.stat().st_size
    with database.path.open("r+b") as file:
        file.seek(size * 3 // 5)
        file.write(b"\xa5" * 8 * 4096)
    names = Prepared(select(tables.access_group.c.created_at))

    async def scene(readers):
        with pytest.raises(MachineError, match="damaged"):
            await readers.run(names.all)

    ask(database, scene)


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
        [(found,)] = connection.exec_driver_sql("SELECT count(*) FROM access_group")
        return number, found


@pytest.fixture
def things(tmp_path):
    """Return a database, and what executes a statement in it as the server does.

    Unless it is another one, it adds to what is counted.
    """
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    writer = database.writer_engine().connect()
    migrate(writer, database, 0)
    groups = Groups(database, SystemClock(), lambda *_: None)

    def write(text=ADD_GROUP):
        groups.run(writer, [Request(lambda conn, *_: [conn.exec_driver_sql(text)], None, None)])

    yield database, write
    writer.close()


def ask(database, scene):
    """Run a scene with readers of the database."""
    readers = Readers(database, 1)
    try:
        return asyncio.run(asyncio.wait_for(scene(readers), 100))
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


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE user_group_membership SET role = 'admin'",
        "DELETE FROM event",
        "SELECT * FROM access_group",
    ],
)
def test_what_was_looked_up_is_kept_while_other_tables_change(things, text):
    database, write = things
    query = Counter()

    async def scene(readers):
        for _ in range(2):
            await readers.look_up(query, 1)
            write(text)

    ask(database, scene)

    assert len(query.threads) == 1


def test_nothing_is_kept_of_rows_that_go_with_others(things):
    database, write = things
    write()
    write(
        "INSERT INTO user_group_membership (user_name, group_id, role, created_at)"
        " SELECT 'u', id, 'member', '' FROM access_group"
    )

    def members(connection):
        return connection.exec_driver_sql("SELECT count(*) FROM user_group_membership").scalar()

    async def scene(readers):
        found = [await readers.look_up(members)]
        write("DELETE FROM access_group")
        return [*found, await readers.look_up(members)]

    assert ask(database, scene) == [1, 0]


def test_nothing_is_kept_of_what_another_program_has_changed(things):
    database, write = things

    async def scene(readers):
        found = [await readers.look_up(Counter(), 1)]
        with closing(sqlite3.connect(database.path)) as shell, shell:
            shell.execute(ADD_GROUP)
        write("DELETE FROM event")  # with the next change of the server's own
        return [*found, await readers.look_up(Counter(), 1)]

    assert ask(database, scene) == [(1, 0), (1, 1)]


def test_while_it_is_committed_nothing_is_kept_of_what_changes(things):
    """Some readers see it already then, and others must not answer from before it."""
    database, _ = things
    changes = TableChanges()
    reading = frozenset({"access_group"})
    with database.writer_engine().connect() as connection, connection.begin():
        changes.begin(connection)
        connection.exec_driver_sql(ADD_GROUP)
        states = [changes.is_current(reading, changes.now)]
        changes.commit(connection)
        states.append(changes.is_current(reading, changes.now))
        since = changes.now
        changes.end()
    states += [changes.is_current(reading, since), changes.is_current(reading, changes.now)]
    assert states == [True, False, False, True]


@pytest.mark.parametrize(
    ("text", "some", "others"),
    [
        ("SELECT job.id FROM job", {"job"}, {"workflow", "event"}),
        ("SELECT 1 FROM job AS workflow_1, workflow", {"job", "workflow"}, {"event"}),
        ("INSERT INTO event (workflow_id, data) VALUES (?, ?)", {"event"}, {"workflow", "job"}),
        ('UPDATE "job" SET status=?', {"job"}, {"workflow", "attempt"}),
        ("DELETE FROM job WHERE job.id = ?", {"job", "attempt", "result"}, {"workflow", "event"}),
        ("DELETE FROM compute_node", {"compute_node", "job"}, {"workflow"}),
        ("DELETE FROM workflow", {"job", "event", "result"}, {"access_group"}),
        ("REPLACE INTO workflow VALUES (?)", {"workflow", "job"}, {"access_group"}),
        ("SAVEPOINT request", set(), {"workflow"}),
    ],
)
def test_statements_name_their_tables(text, some, others):
    found = tables_of(text)
    assert some <= found
    assert not found & others


def test_results_are_kept_up_to_a_number_of_bytes(things, monkeypatch):
    database, _ = things
    monkeypatch.setattr(readers_module, "_MOST_KNOWN_BYTES", 10_000)
    asked = []

    def text(_connection, number, size):
        asked.append(number)
        return size * "x"

    async def scene(readers):
        for number, size in [
            (1, 4_000),
            (2, 4_000),
            (1, 4_000),
            (3, 4_000),
            (1, 4_000),
            (4, 9_900),
        ]:
            await readers.look_up(text, number, size)
        await readers.look_up(text, 3, 4_000)  # the one that was too large has pushed out none
        await readers.look_up(text, 4, 9_900)

    ask(database, scene)

    assert asked == [1, 2, 3, 1, 4, 4]


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


@pytest.fixture
def on_shared_disk(monkeypatch):
    monkeypatch.setattr(sqlite_database, "shared_file_system", lambda _path: "NFS")


def test_on_a_shared_disk_readers_wait_in_threads_and_as_long_as_the_writer(on_shared_disk, things):
    database, add = things
    query = Counter()

    async def scene(readers):
        for _ in range(3):
            await readers.look_up(query, 1)
            add()

    ask(database, scene)

    assert [name.startswith("reader") for name in query.threads] == [True] * 3
    waits = []
    for engine in (database.reader_engine(), database.writer_engine()):
        with engine.connect() as connection:
            waits.append(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())
    assert waits[0] == waits[1]


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
