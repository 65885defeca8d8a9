"""The event stream, from servers that end it in every way."""

from __future__ import annotations

import gc
import threading

import pytest
from core.client.raw_server import HANG_UP, RawServer, reply

from torc_core.client import TorcClient
from torc_core.errors import NoAnswerError, NotFoundError, ProtocolError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ONE = b"""event: job_started
id: 12
data: {"workflow_id": 1, "timestamp": 2, "event_type": "job_started", "severity": "info"}

"""
NO_NUMBER = ONE.replace(b"id: 12\n", b"")
OTHER = b'event: warning\ndata: {"dropped": 3}\n\n: keep-alive\n\n'


def sized(content: bytes, length: int | None = None) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % (length or len(content)) + content


def test_events_come_with_their_numbers_and_the_rest_is_left_out():
    with (
        RawServer(lambda _request: sized(NO_NUMBER + OTHER + ONE)) as server,
        TorcClient(server.url).stream_events(1, level="debug", last_event_id=3) as stream,
    ):
        events = list(stream)

    assert [numbered.id for numbered in events] == [None, 12]
    assert {numbered.event.event_type for numbered in events} == {"job_started"}
    (request,) = server.received
    assert request.target.endswith("/workflows/1/events/stream?level=debug&last_event_id=3")
    assert request.headers["accept"] == "text/event-stream"


def test_a_stream_that_breaks_off_is_no_answer():
    with (
        RawServer(lambda _request: sized(ONE, length=10_000)) as server,
        TorcClient(server.url).stream_events(1) as stream,
    ):
        events = iter(stream)
        next(events)
        server.hang_up()

        with pytest.raises(NoAnswerError, match="broke"):
            next(events)


def test_a_stream_outlives_the_client_that_opened_it():
    with RawServer(lambda _request: sized(ONE, length=2 * len(ONE))) as server:
        client = TorcClient(server.url)
        with client.stream_events(1) as stream:
            events = iter(stream)
            next(events)
            del client
            gc.collect()
            server.push(ONE)

            assert next(events).id == 12


def test_a_server_that_hangs_up_instead_of_a_stream_is_no_answer():
    with RawServer(lambda _request: HANG_UP) as server, pytest.raises(NoAnswerError):
        TorcClient(server.url).stream_events(1)


def test_a_reply_that_is_no_stream_is_a_protocol_error():
    with (
        RawServer(lambda _request: reply({})) as server,
        TorcClient(server.url).stream_events(1) as stream,
        pytest.raises(ProtocolError),
    ):
        list(stream)


def test_a_refused_stream_says_why(client):
    with pytest.raises(NotFoundError, match="no workflow 987654"):
        client.stream_events(987654)


def test_closing_wakes_the_thread_that_waits_for_an_event():
    with RawServer(lambda _request: sized(ONE, length=10_000)) as server:
        stream = TorcClient(server.url).stream_events(1)
        seen = threading.Event()
        events = []

        def read() -> None:
            with stream:
                for numbered in stream:
                    events.append(numbered)
                    seen.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert seen.wait(100)
        stream.close()
        reader.join(100)

        assert not reader.is_alive()
    assert len(events) == 1
