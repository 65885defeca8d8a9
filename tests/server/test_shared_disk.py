"""A database on a disk that other machines may use needs neither their memory nor their locks."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from forks.processes import run as run_program
from waiting import wait_for

PROGRAM = (str(Path(__file__).with_name("on_shared_disk.py")),)
HALF_DONE = """
import os, signal, sqlite3, sys
direct = sqlite3.connect(sys.argv[1], isolation_level=None)
direct.execute("PRAGMA cache_size=1")
direct.execute("BEGIN IMMEDIATE")
direct.execute("UPDATE workflow SET name = 'half' || id, description = hex(zeroblob(20000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def start(make_server):
    return lambda **how: make_server(program=PROGRAM, **how)


def names(database):
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as direct:
        return [name for (name,) in direct.execute("SELECT name FROM workflow ORDER BY id")]


def companions(database):
    return {path.name.removeprefix(database.name) for path in database.parent.glob("*.db-*")}


def test_readers_and_writers_wait_for_each_other_and_no_memory_is_shared(start, http_of):
    server = start()
    call = http_of(server)
    is_over = threading.Event()
    refused = []

    def read():
        while not is_over.is_set():
            reply = call("GET", "/workflows", limit=1000)
            if reply.status != 200:
                refused.append(reply.text)

    reading = [threading.Thread(target=read) for _ in range(4)]
    for each in reading:
        each.start()
    try:
        made = [call.make_workflow(name=f"w{number}") for number in range(100)]
        seen = call("GET", "/workflows", limit=1000).body["items"]
    finally:
        is_over.set()
        for each in reading:
            each.join()

    assert not refused
    assert [each["id"] for each in seen] == made
    assert companions(server.database) <= {"-journal"}
    assert "is on NFS" in server.log.read_text()


def test_what_was_answered_is_there_after_each_kill(start, http_of):
    server = start()
    made = []

    def write(call):
        with suppress(OSError, HTTPException):  # it is killed
            while True:
                made.append(call.make_workflow())

    for _ in range(5):
        wanted = len(made) + 20
        writing = threading.Thread(target=write, args=(http_of(server),))
        writing.start()
        wait_for(lambda wanted=wanted: len(made) >= wanted, "twenty more workflows")
        server.kill()
        writing.join()
        server.start()

        items = http_of(server)("GET", "/workflows", limit=1000).body["items"]
        assert set(made) <= {each["id"] for each in items}


@pytest.fixture
def half_done(start, http_of):
    """A database with two workflows, and a transaction that was cut off while it was written."""
    server = start()
    for name in ("first", "second"):
        http_of(server).make_workflow(name=name)
    server.kill(signal.SIGTERM)
    assert not companions(server.database)
    subprocess.run([sys.executable, "-c", HALF_DONE, server.database], check=False)
    assert companions(server.database) == {"-journal"}
    return server.database


@pytest.mark.parametrize("command", [["check"], ["backup", "copy.db"], ["vacuum"]], ids=" ".join)
def test_commands_find_what_was_committed(half_done, tmp_path, command):
    words = [*command, "-d", str(half_done)]
    done = run_program(
        [sys.executable, *PROGRAM, *words], cwd=tmp_path, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    database = tmp_path / command[1] if command[1:] else half_done
    assert names(database) == ["first", "second"]


@pytest.mark.parametrize("program", [PROGRAM, ("-m", "torc_server")], ids=["shared", "own"])
def test_servers_find_what_was_committed(half_done, make_server, http_of, program):
    server = make_server(database=half_done, program=program)

    items = http_of(server)("GET", "/workflows").body["items"]

    assert [each["name"] for each in items] == ["first", "second"]


def test_a_database_that_is_moved_changes_its_journal(start, make_server, http_of):
    server = make_server()
    http_of(server).make_workflow(name="own")
    server.kill()
    assert companions(server.database) == {"-wal", "-shm"}

    server = start(database=server.database)
    http_of(server).make_workflow(name="shared")
    assert not companions(server.database)
    server.kill()

    server = make_server(database=server.database)
    http_of(server).make_workflow(name="own again")
    assert names(server.database) == ["own", "shared", "own again"]
    assert companions(server.database) == {"-wal", "-shm"}
