"""Clients that send, read, or connect in a way that would keep the server from others."""

from __future__ import annotations

import resource
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace

import pytest
from waiting import wait_for

PING = b"GET /torc-service/v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /torc-service/v1/workflows HTTP/1.1\r\nHost: 127.0.0.1\r\n"
QUICK = ("--request-timeout-secs", "1")


@contextmanager
def connected(server, begin=b"", source="127.0.0.1"):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.settimeout(100)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", server.port))
        if begin:
            connection.sendall(begin)
        yield connection


def rest(connection) -> bytes:
    """Return what still comes until the server closes the connection."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return received


def is_closed(connection) -> bool:
    """Return whether the server has closed the connection."""
    connection.setblocking(False)
    try:
        return connection.recv(65536) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        connection.settimeout(100)


def drip(connection, pieces) -> bytes:
    """Send slowly, until there is an answer; return it."""
    for piece in pieces:
        try:
            connection.sendall(piece)
        except ConnectionError:
            break
        if select.select([connection], [], [], 0.05)[0]:
            break
    return rest(connection)


@pytest.mark.parametrize(
    ("begin", "pieces"),
    [
        (b"GET / HTTP/1.1\r\nX: ", repeat(b"x")),
        (b"GET /", repeat(b"a")),
        (POST + b"Content-Length: 100000\r\n\r\n", repeat(b" ")),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", repeat(b"1\r\n \r\n")),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", repeat(b"0")),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", repeat(b"X: y\r\n")),
    ],
    ids=["header", "path", "body", "chunks", "chunk size", "trailers"],
)
def test_a_request_that_comes_in_drops_is_cut(make_server, begin, pieces):
    server = make_server(*QUICK)

    with connected(server, begin) as slow:
        answer = drip(slow, pieces)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"timed_out"' in answer
    assert b"connection: close" in answer


@pytest.mark.parametrize("begin", [b"", b"\r\n"])
def test_a_connection_without_a_request_is_closed(make_server, begin):
    server = make_server(*QUICK)

    with connected(server, begin) as silent:
        rest(silent)  # ends when the server closes it


def test_a_second_request_on_a_connection_has_the_same_limit(make_server):
    server = make_server(*QUICK)

    with connected(server, PING + b"GET /torc") as slow:
        answers = rest(slow)

    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


def test_a_request_that_is_refused_before_its_body_is_cut_too(make_server, tmp_path):
    (tmp_path / "token").write_text("sesame")
    server = make_server(*QUICK, "--token-file", str(tmp_path / "token"))

    with connected(server, POST + b"Content-Length: 100000\r\n\r\n") as slow:
        answers = drip(slow, repeat(b" "))

    assert answers.startswith(b"HTTP/1.1 401 ")


def test_a_slow_upload_that_makes_progress_goes_on(make_server):
    server = make_server(*QUICK)
    body = b'{"name": "w", "user": "u", "description": "' + b"x" * 60_000 + b'"}'
    begin = time.monotonic()

    header = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with connected(server, header) as upload:
        answer = drip(upload, [body[i : i + 1000] for i in range(0, len(body), 1000)])

    assert time.monotonic() - begin > 2  # several intervals
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_streams_and_long_polls_outlast_all_limits(make_server, http_of):
    server = make_server(*QUICK, "--response-timeout-secs", "1")
    call = http_of(server)
    workflow = call.make_workflow()
    path = f"/torc-service/v1/workflows/{workflow}/events/stream"

    with connected(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()) as stream:
        assert b"200 OK" in stream.recv(65536)
        with connected(server) as silent:
            rest(silent)
        with connected(server) as silent:
            rest(silent)
        event = {"workflow_id": workflow, "timestamp": 0, "data": {"type": "still here"}}
        assert call("POST", "/events", event).status == 200
        received = b""
        while b"still here" not in received:
            received += (piece := stream.recv(65536))
            assert piece


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
        (b"EHLO example.org\r\n", 400),
    ],
    ids=["value", "whole", "path", "many", "TLS", "SMTP"],
)
def test_what_is_no_request_of_acceptable_size_is_refused(server, sent, status):
    with connected(server, sent) as connection:
        answer = rest(connection)

    # A client that is still sending may see the connection reset before it reads.
    assert answer == b"" or answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_large_header_within_the_limit_is_accepted(server):
    with connected(server, PING[:-2] + b"X: " + b"x" * 60_000 + b"\r\n\r\n") as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_trailers_are_no_headers(make_server, tmp_path):
    (tmp_path / "token").write_text("sesame")
    server = make_server("--token-file", str(tmp_path / "token"))
    trailers = b"2\r\n{}\r\n0\r\nAuthorization: Bearer sesame\r\n\r\n"

    with connected(server, POST + b"Transfer-Encoding: chunked\r\n\r\n" + trailers) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_flood_of_pipelined_requests_is_cut(server, call):
    with connected(server) as flood:
        try:
            for _ in range(100):
                flood.sendall(PING * 1000)
        except ConnectionError:
            pass
        rest(flood)

    assert call("GET", "/ping").status == 200


def test_a_few_pipelined_requests_are_answered(server):
    with connected(server, PING * 20) as client:
        received = b""
        while received.count(b"HTTP/1.1 200 ") < 20:
            received += (piece := client.recv(65536))
            assert piece


def test_a_reset_in_the_middle_harms_no_one(server, call):
    for begin in (b"", b"GET /", POST + b"Content-Length: 100\r\n\r\n{", PING):
        with connected(server, begin) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert call("GET", "/ping").status == 200


def test_unused_connections_make_room_for_new_ones(make_server, http_of):
    server = make_server("--max-connections", "20", "--max-connections-per-address", "20")

    with ExitStack() as stack:
        half_open = [stack.enter_context(connected(server, b"GET /")) for _ in range(60)]

        assert http_of(server)("GET", "/ping").status == 200
        assert is_closed(half_open[0])
        wait_for(lambda: sum(map(is_closed, half_open)) >= 40, "the older ones to be closed")
    server.kill(signal.SIGTERM)

    assert server.log.read_text().count("too many connections") == 1


def test_one_address_leaves_room_for_others(make_server):
    server = make_server("--max-connections", "20", "--max-connections-per-address", "10")

    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connected(server, b"GET /", "127.0.0.2"))
        first = stack.enter_context(connected(server, b"GET /", "127.0.0.3"))
        for _ in range(50):
            stack.enter_context(connected(server, b"GET /", "127.0.0.2"))

        first.sendall(PING[5:])

        assert first.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_when_all_connections_are_in_use_others_are_refused_with_a_sentence(make_server, http_of):
    server = make_server("--max-connections", "5", "--max-connections-per-address", "4")
    workflow = http_of(server).make_workflow()
    path = f"/torc-service/v1/workflows/{workflow}/events/stream"
    stream = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"

    with ExitStack() as stack:
        for _ in range(4):
            one = stack.enter_context(connected(server, stream.encode()))
            assert b"200 OK" in one.recv(65536)
        with connected(server) as refused:
            answer = rest(refused)
        with connected(server, PING, "127.0.0.2") as other:
            assert other.recv(65536).startswith(b"HTTP/1.1 200 ")

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer


def test_the_limit_of_open_files_is_raised(make_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        server = make_server()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()

    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == [str(hard), str(hard)]


def test_half_requests_beyond_a_hard_limit_of_open_files_shut_nobody_out(tmp_path, http_of):
    arguments = (*["run", "-p", "0", "-d"], str(tmp_path / "torc.db"))
    limited = f"ulimit -n 100; exec {sys.executable} -m torc_server {shlex.join(arguments)}"
    with (
        subprocess.Popen(
            ["/bin/sh", "-c", limited], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process,
        ExitStack() as stack,
    ):
        server = SimpleNamespace(port=int(process.stdout.readline().split(b"=")[1]))
        for _ in range(200):
            stack.enter_context(connected(server, b"GET / HTTP/1.1\r\nX: "))

        assert http_of(server)("GET", "/ping").status == 200
        assert http_of(server).make_workflow()
        process.terminate()
        assert process.wait(100) == 0


def test_a_client_that_reads_nothing_is_given_up(make_server, http_of):
    server = make_server("--response-timeout-secs", "0.5")
    call = http_of(server)
    workflow = call.make_workflow()
    event = {"workflow_id": workflow, "timestamp": 0, "data": {"type": "t", "x": "y" * 1_000_000}}
    for _ in range(10):
        assert call("POST", "/events", event).status == 200
    path = f"/torc-service/v1/workflows/{workflow}/events/stream?last_event_id=0"

    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    with connected(server, request) as reader:
        wait_for(lambda: "was not read" in server.log.read_text(), "the server to give up")
        assert len(rest(reader)) < 10_000_000
        assert call("GET", "/ping").status == 200


def test_half_requests_do_not_delay_the_end(make_server):
    server = make_server()
    with ExitStack() as stack:
        for begin in (b"", b"GET /", POST + b"Content-Length: 9\r\n\r\n{", PING + b"GET"):
            for _ in range(20):
                stack.enter_context(connected(server, begin))
        begin = time.monotonic()

        assert server.kill(signal.SIGTERM) == 0

        assert time.monotonic() - begin < 9  # they would be cut after ten
    assert "Traceback" not in server.log.read_text()
