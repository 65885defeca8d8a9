"""The server as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from torc_server.settings import database_path


def run(*arguments: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "torc_server", "run", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        **options,
    )


def assert_refused(finished, code: int, *words: str) -> None:
    assert finished.returncode == code, finished.stderr
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr
    for word in words:
        assert word in finished.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_ends_open_streams(make_server, http_of, number):
    server = make_server()
    workflow = http_of(server).make_workflow()
    with socket.create_connection(("127.0.0.1", server.port), timeout=100) as stream:
        path = f"/torc-service/v1/workflows/{workflow}/events/stream"
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert b"200 OK" in stream.recv(65536)

        code = server.kill(number)

        assert code == 0
        received = b""
        while piece := stream.recv(65536):
            received += piece
        assert received.endswith(b"0\r\n\r\n")  # the stream was ended, not cut


def test_a_client_that_does_not_read_cannot_hold_up_the_end(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow = call.make_workflow()
    event = {"workflow_id": workflow, "timestamp": 0, "data": {"type": "t", "x": "y" * 1_000_000}}
    with socket.create_connection(("127.0.0.1", server.port), timeout=100) as stream:
        path = f"/torc-service/v1/workflows/{workflow}/events/stream?last_event_id=0"
        for _ in range(20):
            assert call("POST", "/events", event).status == 200
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert stream.recv(1) == b"H"

        assert server.kill(signal.SIGTERM) == 0
    assert "Traceback" not in server.log.read_text()


ENDS_WITH_ITS_THREADS = """
import threading
from torc_server import records, rules
from torc_server.records import workflows as _
from torc_server.rules import workflows as _
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

stops = threading.Event()

def wait(*_, **__):
    print("waits", flush=True)
    stops.wait()

def announced(stop):
    def announce(*arguments):
        stops.set()
        return stop(*arguments)
    return announce

records.workflows.get_workflow_status = rules.workflows.create_workflow = wait
Readers.stop, Writer.stop = announced(Readers.stop), announced(Writer.stop)
from torc_server.__main__ import main
main()
"""
"""A server with two requests that last until it waits for the threads which answer them."""


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/workflows/1/status"), ("POST", "/workflows")]
)
def test_requests_that_last_are_given_up_without_a_fault(make_server, http_of, method, path):
    server = make_server(program=("-c", ENDS_WITH_ITS_THREADS))
    call = partial(http_of(server), method, path, {"name": "w", "user": "u"})
    with ThreadPoolExecutor(1) as pool:
        given_up = pool.submit(call)
        assert server.process.stdout.readline() == "waits\n"

        assert server.kill(signal.SIGTERM) == 0

        with pytest.raises((ConnectionError, HTTPException)):
            given_up.result()
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "ERROR" not in log


def test_what_was_answered_survives_a_kill(make_server, http_of):
    server = make_server()
    workflow = http_of(server).make_workflow(name="kept")
    server.kill()

    server.start()

    assert http_of(server)("GET", f"/workflows/{workflow}").body["name"] == "kept"


def test_a_second_server_is_refused_and_told_of_the_first(make_server):
    server = make_server()

    finished = run("--port", "0", "--database", str(server.database))

    assert_refused(finished, 5, str(server.process.pid), "hint:")


def test_a_port_in_use_is_refused(make_server, tmp_path):
    server = make_server()

    finished = run("--port", str(server.port), "--database", str(tmp_path / "other.db"))

    assert_refused(finished, 5, f"Port {server.port}", "in use", "--port")


def test_a_public_address_needs_authentication_or_insistence(tmp_path):
    finished = run("--host", "0.0.0.0", "--port", "0", "--database", str(tmp_path / "db"))

    assert_refused(finished, 2, "0.0.0.0", "--insecure", "--token-file")
    assert list(tmp_path.glob("db*")) == []


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--database", "mysql://host/db"], 2, "mysql"),
        (["--database", ":memory:"], 2, "file"),
        (["--database", "/"], 9, "Is a directory"),
        (["--host", "nowhere.invalid", "--insecure"], 2, "nowhere.invalid"),
        (["--log-level", "loud"], 2, "loud"),
        (["--token-file", "/nonexistent/token"], 9, "/nonexistent/token"),
        (["--port", "70000"], 2, "70000"),
        (["--frobnicate"], 2, "--frobnicate"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(arguments, code, word, tmp_path):
    database = [] if "--database" in arguments else ["--database", str(tmp_path / "db")]
    port = [] if "--port" in arguments else ["--port", "0"]

    assert_refused(run(*arguments, *database, *port), code, word)


def test_a_newer_database_is_refused_and_left_as_it_is(make_server):
    server = make_server()
    server.kill(signal.SIGTERM)
    with sqlite3.connect(server.database) as connection:
        connection.execute("PRAGMA user_version=1000")
    connection.close()
    before = server.database.read_bytes()

    finished = run("--port", "0", "--database", str(server.database))

    assert_refused(finished, 5, "1000", "version 1")
    assert server.database.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path):
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE workflow (id INTEGER)")
    connection.close()
    before = foreign.read_bytes()

    finished = run("--port", "0", "--database", str(foreign))

    assert_refused(finished, 5, "another program")
    assert foreign.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("shopping list\n" * 100)

    assert_refused(run("--port", "0", "--database", str(notes)), 9, "not a database")


def test_all_files_are_for_their_owner_alone(make_server, http_of, tmp_path):
    server = make_server("--log-dir", str(tmp_path / "logs"), database=tmp_path / "torc.db")
    http_of(server).make_workflow()

    made = [*tmp_path.glob("torc.db*"), *(tmp_path / "logs").iterdir()]

    names = {path.name for path in made}
    assert names >= {"torc.db", "torc.db-wal", "torc.db.lock", "torc-server.log"}
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_database_url_may_carry_the_prefix_of_the_reference(tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite://{tmp_path}/from-env.db?mode=rwc"}
    process = subprocess.Popen(
        [sys.executable, "-m", "torc_server", "run", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    with process:
        assert process.stdout.readline().startswith(b"TORC_SERVER_PORT=")
        process.terminate()

    assert (tmp_path / "from-env.db").exists()


def test_without_a_database_it_keeps_one_in_the_state_directory(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "torc_server", "run", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout.readline().startswith(b"TORC_SERVER_PORT=")
        process.terminate()

    assert (tmp_path / "state" / "torc" / "torc.db").exists()


def test_every_request_needs_the_token(make_server, http_of, tmp_path):
    token = tmp_path / "token"
    token.write_text("open sesame".replace(" ", "-") + "\n")
    call = http_of(make_server("--token-file", str(token)))

    def status(authorization: str | None) -> int:
        headers = {} if authorization is None else {"Authorization": authorization}
        return call("GET", "/ping", headers=headers).status

    refused = call("GET", "/workflows")
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert refused.problem["code"] == "forbidden"
    assert status("Bearer open-sesame") == 200
    assert status("Basic dXNlcjpvcGVuLXNlc2FtZQ==") == 200
    for wrong in (None, "Bearer", "Bearer open", "Basic !!", "Basic b3Blbg==", "open-sesame"):
        assert status(wrong) == 401, wrong


def test_the_token_may_stand_in_the_path(make_server, tmp_path):
    (tmp_path / "token").write_text("a/b+c\n")
    guarded = make_server("--token-file", str(tmp_path / "token"))

    def status(path: str, **headers: str) -> int:
        with closing(HTTPConnection("127.0.0.1", guarded.port, timeout=100)) as connection:
            connection.request("GET", f"{path}/torc-service/v1/workflows?limit=1", headers=headers)
            return connection.getresponse().status

    assert status("/token/a%2Fb%2Bc") == 200
    assert status("/token/a%2Fb%2Bc", Authorization="Bearer other") == 200
    assert [status(f"/token/{wrong}") for wrong in ("a", "%ff")] == [401, 401]
    assert [status(f"/token/{wrong}") for wrong in ("a/b%2Bc", "")] == [404, 404]


def test_a_database_has_one_server_by_whatever_name(make_server, tmp_path):
    server = make_server(database=tmp_path / "torc.db")
    (tmp_path / "link.db").symlink_to(server.database)
    (tmp_path / "twin.db").hardlink_to(server.database)
    before = server.database.read_bytes()

    for name in ("torc.db", "link.db", "twin.db"):
        refused = run("--port", "0", "--database", str(tmp_path / name))
        assert_refused(refused, 5, "already serves", name if name != "link.db" else "torc.db")
    assert server.database.read_bytes() == before


def test_a_database_that_is_taken_away_is_said_and_nothing_is_acknowledged(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow = call.make_workflow(name="kept")
    away = server.database.with_suffix(".away")
    assert call("GET", f"/workflows/{workflow}").status == 200

    server.database.rename(away)
    refused = [call("POST", "/workflows", {"name": "lost", "user": "u"}) for _ in range(3)]
    seen = call("GET", f"/workflows/{workflow}")
    health = call("GET", "/health").body
    away.rename(server.database)

    assert {answer.status for answer in refused} == {507}
    assert "was removed or replaced" in refused[0].problem["message"]
    assert (seen.status, health["database"]) == (200, "missing")
    assert call("POST", "/workflows", {"name": "kept too", "user": "u"}).status == 200
    assert {each["name"] for each in call("GET", "/workflows").body["items"]} == {
        "kept",
        "kept too",
    }
    log = server.log.read_text()
    assert "Traceback" not in log
    assert log.count("was removed or replaced") == 1


def test_a_database_in_place_of_the_one_that_is_served_is_not_taken_for_it(make_server, http_of):
    server = make_server()
    call = http_of(server)
    call.make_workflow()
    server.database.rename(server.database.with_suffix(".old"))
    sqlite3.connect(server.database).close()

    assert call("POST", "/workflows", {"name": "lost", "user": "u"}).status == 507


@pytest.mark.parametrize(
    "form", ["{}", "sqlite:{}", "sqlite://{}", "sqlite:///{}", "file:{}", "file://{}?mode=rwc"]
)
def test_an_absolute_path_is_read_as_everyone_writes_it(form):
    assert database_path(form.format("/a/b.db")) == Path("/a/b.db")


@pytest.mark.parametrize("form", ["a.db", "sqlite:a.db", "sqlite://a.db", "file:a.db"])
def test_a_relative_path_stays_relative(form):
    assert database_path(form) == Path("a.db")
