"""What an administrator's policy deletes, and that its room goes back to the disk."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing

import pytest
from waiting import wait_for

from torc_server.storage.migrations import migrate
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.sqlite.free_pages import KEPT
from torc_server.storage.sqlite.upkeep import compact

AT_ONCE = "0.00000001"
"""Days: a tenth of a second."""


def ask(server, query):
    with closing(sqlite3.connect(server.database)) as database:
        return database.execute(query).fetchall()


def note(call, workflow_id, number):
    for at in range(number):
        event = {"workflow_id": workflow_id, "timestamp": 0, "data": {"at": at}}
        assert call("POST", "/events", event).status == 200


def cancel(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    assert call("POST", "/jobs", job).status == 200
    assert call("POST", f"/workflows/{workflow_id}/initialize_jobs").status == 200
    assert call("PUT", f"/workflows/{workflow_id}/cancel").status == 200


def finish(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    job_id = call("POST", "/jobs", job).body["id"]
    assert call("POST", f"/workflows/{workflow_id}/initialize_jobs").status == 200
    assert call("PUT", f"/jobs/{job_id}/manage_status_change/canceled/0").status == 200


def restart(server, *arguments):
    """Start it with other options: what is due is done at the start."""
    server.kill(signal.SIGTERM)
    server.arguments = arguments
    server.start()


def test_events_that_are_old_go_and_the_newest_of_each_workflow_stays(make_server, http_of):
    server = make_server()
    call = http_of(server)
    busy, quiet = call.make_workflow(), call.make_workflow()
    note(call, busy, 5)
    note(call, quiet, 1)
    [(newest, last)] = ask(server, f"SELECT max(id), count(*) FROM event WHERE workflow_id={busy}")
    assert last == 5

    restart(server, "--keep-events-days", AT_ONCE)

    wait_for(lambda: len(ask(server, "SELECT id FROM event")) == 2, "old events to be deleted")
    page = call("GET", "/events", workflow_id=busy).body
    assert [event["id"] for event in page["items"]] == [newest]
    assert page["total_count"] == 1
    assert call("GET", "/events", workflow_id=quiet).body["total_count"] == 1


def test_finished_workflows_go_and_others_stay(make_server, http_of):
    server = make_server()
    call = http_of(server)
    finished, canceled, new, ready, kept = (call.make_workflow() for _ in range(5))
    finish(call, finished)
    cancel(call, canceled)
    job = {"workflow_id": ready, "name": "j", "command": "c"}
    assert call("POST", "/jobs", job).status == 200
    assert call("POST", f"/workflows/{ready}/initialize_jobs").status == 200
    finish(call, kept)
    node = {"workflow_id": kept, "hostname": "h", "pid": 1, "start_time": "2026-01-01T00:00:00Z"}
    node |= {"num_cpus": 1, "memory_gb": 1.0, "num_gpus": 0, "num_nodes": 1}
    node |= {"is_active": True, "compute_node_type": "local"}
    assert call("POST", "/compute_nodes", node).status == 200

    restart(server, "--keep-finished-workflows-days", AT_ONCE)

    for gone in (finished, canceled):
        path, rows = f"/workflows/{gone}", f"SELECT 1 FROM job WHERE workflow_id={gone}"
        wait_for(lambda of=path: call("GET", of).status == 404, "it to be deleted")
        wait_for(lambda of=rows: not ask(server, of), "its rows to go")
    assert [call("GET", f"/workflows/{each}").status for each in (new, ready, kept)] == [200] * 3


def test_nothing_is_deleted_that_is_younger_or_without_a_policy(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow_id = call.make_workflow()
    finish(call, workflow_id)
    note(call, workflow_id, 3)
    events = ask(server, "SELECT id FROM event")

    for policy in ((), ("--keep-events-days", "1", "--keep-finished-workflows-days", "1")):
        restart(server, *policy)
        marker = call.make_workflow()  # written after what was due at the start
        assert call("GET", f"/workflows/{marker}").status == 200
        assert ask(server, "SELECT id FROM event") == events
        assert call("GET", f"/workflows/{workflow_id}").status == 200


ROWS = 8_000
"""Of 4 KiB: twice what the file keeps for what comes next."""


@pytest.fixture
def engine(tmp_path):
    database = SQLiteDatabase(tmp_path / "a.db")
    database.create()
    with database.writer_engine().connect() as connection:
        migrate(connection, database, 0)
        yield database, connection


def leave_room(connection):
    with connection.begin():
        connection.exec_driver_sql("CREATE TABLE filling (text TEXT)")
        rows = [("x" * 4_000,)] * ROWS
        connection.exec_driver_sql("INSERT INTO filling VALUES (?)", rows)
        connection.exec_driver_sql("DELETE FROM filling")


def test_the_room_of_what_was_deleted_goes_back_to_the_disk_part_by_part(engine):
    database, connection = engine
    leave_room(connection)
    database.finish(connection)
    full = database.path.stat().st_size
    parts = 1

    def part():
        with connection.begin():
            return database.give_back(connection)

    while part():
        parts += 1
    database.finish(connection)

    assert parts > 1
    assert database.path.stat().st_size < full * 2 / 3
    assert not part()
    [(free,)] = connection.exec_driver_sql("PRAGMA freelist_count")
    assert free == KEPT
    assert not database.find_damage(connection, is_quick=True)


def test_an_older_file_gives_nothing_back_until_it_is_compacted(tmp_path):
    database = SQLiteDatabase(tmp_path / "old.db")
    with closing(sqlite3.connect(database.path)) as old:
        old.execute("CREATE TABLE t (id)")
    with database.writer_engine().connect() as connection:
        leave_room(connection)
        with connection.begin():
            assert not database.give_back(connection)
    compact(database)
    with database.writer_engine().connect() as connection:
        with connection.begin():
            connection.exec_driver_sql("DROP TABLE filling")
        leave_room(connection)
        with connection.begin():
            assert database.give_back(connection)
