from __future__ import annotations

import socket
import threading

import pytest

from torc_core.client import Address, TorcClient, every_item
from torc_core.client.events import parse_frame
from torc_core.client.replies import error_from_reply
from torc_core.errors import (
    AccessError,
    ConflictError,
    NotFoundError,
    ProtocolError,
    ServerError,
    TimedOutError,
    UnreachableError,
    UsageError,
)
from torc_core.model.workflow import Workflow


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, UsageError),
        (401, AccessError),
        (403, AccessError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, ServerError),
        (422, UsageError),
        (500, ServerError),
    ],
)
def test_the_class_of_an_error_follows_the_status(status, kind):
    error = error_from_reply(status, b'{"error": {"message": "no", "hint": "do", "field": "x"}}')

    assert type(error) is kind
    assert (error.message, error.hint) == ("no", "do")
    assert error.details["field"] == "x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"An internal error occurred", "An internal error occurred"),
        (b"", "The server answered 500."),
        (b'{"error": {"error": "Forbidden", "message": "not yours"}}', "not yours"),
        (b'{"error": "text"}', "text"),
        (b"[1]", "[1]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_every_body_of_an_error_gives_a_message(content, message):
    assert error_from_reply(500, content).message == message


def test_nobody_listening_is_unreachable_and_the_url_is_named():
    client = TorcClient(f"http://127.0.0.1:{_free_port()}/torc-service/v1")

    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1"):
        client.ping()


def test_a_server_that_never_answers_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = TorcClient(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)

        with pytest.raises(TimedOutError):
            client.ping()


def test_an_answer_that_is_not_torc_s_is_a_protocol_error():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with _answering(answer) as url, pytest.raises(ProtocolError):
        TorcClient(url).get_workflow(1)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080",
        "ftp://host",
        "http://",
        "http://host:99999",
        "http://host:abc",
        "http://host:0",
        "http://a b/",
        "http://..",
        "http://a\x00b",
    ],
)
def test_something_that_is_not_a_url_is_refused(url):
    with pytest.raises(UsageError):
        TorcClient(url)


def test_a_lost_server_is_looked_for_once(server):
    asked = []

    def locate() -> Address:
        asked.append(1)
        return Address(server.url)

    client = TorcClient(f"http://127.0.0.1:{_free_port()}", locate=locate)

    client.ping()
    client.ping()

    assert len(asked) == 1
    assert client.url == server.url


def test_a_client_is_shared_between_threads(client):
    workflow = client.create_workflow(Workflow(name="shared", user="tester"))
    seen: list[str] = []

    def look() -> None:
        seen.extend(client.get_workflow(workflow.id).name for _ in range(20))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert seen == ["shared"] * 80


def test_a_connection_closed_by_a_restarted_server_is_opened_again(make_server):
    server = make_server()
    client = server.client()
    client.ping()
    server.kill()
    server.start()

    client.ping()


def test_all_pages_of_a_list_are_read(client):
    for number in range(7):
        client.create_workflow(Workflow(name=f"paged {number}", user="pager"))

    found = every_item(client.list_workflows, page_size=3, user="pager")

    assert [workflow.name for workflow in found] == [f"paged {number}" for number in range(7)]


def test_a_frame_becomes_a_numbered_event():
    data = '{"workflow_id": 1, "timestamp": 2, "event_type": "job_started", "severity": "info"}'
    numbered = parse_frame(["event: job_started", "id: 12", f"data: {data}"])

    assert numbered is not None
    assert numbered.id == 12
    assert numbered.event.event_type == "job_started"
    assert parse_frame(["event: warning", 'data: {"dropped": 3}']) is None


def _free_port() -> int:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return int(reserved.getsockname()[1])


class _answering:  # noqa: N801 - used like a function
    """A socket that gives one answer to whoever connects first."""

    def __init__(self, answer: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        peer, _ = self._listener.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(self._answer)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._listener.close()
