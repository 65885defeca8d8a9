"""Databases copied from a file into PostgreSQL and back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from server.rules.bench import Bench

from torc_server.storage import tables
from torc_server.storage.database import open_database
from torc_server.storage.migrations import migrate


def torc_server(*words):
    command = [sys.executable, "-m", "torc_server", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def file(tmp_path):
    """A database in which something of everything was done, and something deleted."""
    path = tmp_path / "torc.db"
    database = open_database(path)
    database.create()
    with database.writer_engine().connect() as connection:
        migrate(connection, database, 0)
        with connection.begin():
            bench = Bench(connection)
            first = bench.create(*(bench.job(f"a{at}") for at in range(20)))
            bench.create(*(bench.job(f"b{at}", depends_on_job_ids=first) for at in range(5)))
            bench.user_data("d", {"z": 1, "a": [1.0, None, "ü\0"], "n": 2**60})
            bench.file("f")
            bench.initialize()
            bench.run(*first)
            last = bench.add("deleted")
            connection.execute(tables.job.delete().where(tables.job.c.id == last))
        database.finish(connection)
    return path


def content(path):
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
        found = [name for name in names if not name.startswith(("ix_", "ux_", "sqlite_auto"))]
        return {
            name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in found
        }


def test_there_and_back_is_the_same(file, postgres, tmp_path):
    address, back = postgres.create(), tmp_path / "back.db"

    there = torc_server("copy", file, address)
    assert there.stdout.startswith("Copied 1 workflow with 25 jobs to postgresql://"), there.stderr
    assert torc_server("copy", address, back).returncode == 0

    assert content(back) == content(file)
    assert torc_server("check", "--database", back).returncode == 0


def test_ids_go_on_where_they_were(file, postgres, make_server):
    address = postgres.create()
    torc_server("copy", file, address)
    client = make_server(address=address).client()

    [job] = client.create_jobs([Bench.job(_Only(1), "new")])

    assert job.id == 27, "26 was deleted"


def test_nothing_is_copied_onto_something_or_from_under_a_server(file, postgres, make_server):
    address = postgres.create()
    torc_server("copy", file, address)
    again = torc_server("copy", file, address)
    assert (again.returncode, "is not empty" in again.stderr) == (5, True)

    make_server(address=address)
    used = torc_server("copy", address, file.with_name("other.db"))
    assert (used.returncode, "Servers use the database" in used.stderr) == (5, True)
    assert not file.with_name("other.db").exists()


def test_a_file_that_a_server_uses_leaves_no_empty_copy(make_server, tmp_path):
    used = torc_server("copy", make_server().database, tmp_path / "copy.db")

    assert (used.returncode, "already serves the database" in used.stderr) == (5, True)
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            "UPDATE job SET command = 'a' || char(0) WHERE id = 7",
            "column command of the table job, id 7,",
        ),
        (
            "UPDATE event SET event_type = 'a' || char(0) WHERE id = 3",
            "column event_type of the table event, id 3,",
        ),
    ],
)
def test_a_text_that_postgresql_cannot_keep_is_named_and_nothing_is_made(
    file, postgres, change, place
):
    with closing(sqlite3.connect(file)) as direct, direct:
        direct.execute(change)
    address = postgres.create()

    refused = torc_server("copy", file, address)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"The {place} has the character NUL" in refused.stderr
    name = address.partition("?")[0].rpartition("/")[2]
    assert postgres.execute("SELECT relname FROM pg_class WHERE relname = 'job'", name) == []


class _Only:
    """What `Bench.job` needs."""

    def __init__(self, workflow_id):
        self.workflow_id = workflow_id
