from __future__ import annotations

import inspect
import json
import threading
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from core.client.raw_server import SILENCE, RawServer, reply
from waiting import wait_for

from torc_core.client import Address, TorcClient, every_item
from torc_core.client.replies import error_from_reply
from torc_core.errors import (
    AccessError,
    ConflictError,
    ExitCode,
    NotFoundError,
    ProtocolError,
    ReplyTimeoutError,
    ServerError,
    TimedOutError,
    TransitionError,
    UnreachableError,
    UsageError,
)
from torc_core.host.addresses import LOOPBACK, bound_socket
from torc_core.model.workflow import Workflow

DOCUMENT = json.loads(Path("docs/reference/openapi.json").read_text())
PUBLISHED = {
    operation["operationId"]: {
        parameter["name"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}
LISTS = [
    method
    for _, method in inspect.getmembers(TorcClient, inspect.isfunction)
    if not method.__name__.startswith("_") and "filters" in inspect.signature(method).parameters
]


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
    ("code", "kind"),
    [
        ("conflict", ConflictError),
        ("illegal_transition", TransitionError),
        ("invalid", UsageError),
    ],
)
def test_what_the_present_state_forbids_is_a_conflict_under_any_status(code, kind):
    content = b'{"error": {"message": "no", "code": "%b"}}' % code.encode()

    assert type(error_from_reply(422, content)) is kind


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"An internal error occurred", "An internal error occurred"),
        (b"", "The server answered 500."),
        (b'{"error": {"error": "Forbidden", "message": "not yours"}}', "not yours"),
        (b'{"error": "text"}', "text"),
        (b"[1]", "[1]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"error": "\xff"}', '{"error": "\ufffd"}'),
    ],
)
def test_every_body_of_an_error_gives_a_message(content, message):
    assert error_from_reply(500, content).message == message


def test_a_refused_connection_is_unreachable_and_the_url_is_named(free_port):
    client = TorcClient(f"http://127.0.0.1:{free_port}/torc-service/v1")

    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1.*: connection refused\."):
        client.ping()


def test_a_server_that_never_answers_times_out():
    with RawServer(lambda _request: SILENCE) as server:
        client = TorcClient(server.url, timeout_s=0.2)

        with pytest.raises(ReplyTimeoutError) as asked:
            client.ping()
        wait_for(lambda: server.count("GET"), "the question")
        with pytest.raises(ReplyTimeoutError, match="may have been carried out") as changed:
            client.create_workflow(Workflow(name="slow", user="me"))
        wait_for(lambda: server.count("POST"), "the change")

    assert isinstance(asked.value, TimedOutError)
    assert "carried out" not in asked.value.message
    assert changed.value.exit_code == ExitCode.TIMED_OUT
    assert [request.method for request in server.received] == ["GET", "POST"]


def test_a_reply_of_another_shape_is_a_protocol_error():
    with RawServer(lambda _request: reply([])) as server, pytest.raises(ProtocolError):
        TorcClient(server.url).get_workflow(1)


def test_a_reply_of_a_web_page_says_that_this_is_no_torc_server():
    page = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"
    with (
        RawServer(lambda _request: page) as server,
        pytest.raises(ProtocolError, match="some other web server"),
    ):
        TorcClient(server.url).get_workflow(1)


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


def test_a_lost_server_is_looked_for_once(server, free_port):
    asked = []

    def locate() -> Address:
        asked.append(1)
        return Address(server.url)

    client = TorcClient(f"http://127.0.0.1:{free_port}", locate=locate)

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
        thread.join(100)

    assert seen == ["shared"] * 80


def test_a_connection_closed_by_a_restarted_server_is_opened_again(make_server):
    server = make_server()
    client = server.client()
    client.ping()
    server.kill()
    server.start()

    client.ping()


def test_a_change_finds_the_server_again_when_nothing_had_been_sent(server, free_port):
    client = TorcClient(f"http://127.0.0.1:{free_port}", locate=lambda: Address(server.url))

    assert client.create_workflow(Workflow(name="found", user="tester")).id is not None


def test_a_change_on_a_connection_closed_meanwhile_opens_another(make_server):
    server = make_server()
    client = server.client()
    client.ping()
    server.kill()
    server.start()

    client.create_workflow(Workflow(name="after", user="tester"))


def test_a_client_can_be_used_after_it_was_closed(client):
    client.ping()
    client.close()

    client.ping()


def test_the_way_a_token_is_wrong_is_said_without_the_token():
    with pytest.raises(UsageError) as caught:
        TorcClient(token="se\ncret")

    assert "cret" not in str(caught.value)


def test_a_misspelt_filter_is_refused(client):
    with pytest.raises(TypeError, match="JobFilters has no stauts"):
        client.list_jobs(1, stauts="ready")
    with pytest.raises(TypeError, match="Paging has no name"):
        list(every_item(client.list_job_dependencies, 1, name="x"))


def test_a_filter_that_is_not_set_is_not_sent():
    with RawServer(lambda _request: reply({"items": []})) as server:
        TorcClient(server.url).list_jobs(3, name=None, include_relationships=False, offset=0)

    (request,) = server.received
    assert request.target.endswith("/jobs?workflow_id=3&include_relationships=false&offset=0")


@pytest.mark.parametrize("method", LISTS, ids=lambda method: method.__name__)
def test_the_filters_of_a_list_are_those_of_the_published_document(method):
    hints = typing.get_type_hints(method)
    (filters,) = typing.get_args(hints["filters"])
    published = PUBLISHED[method.__name__] - {"workflow_id"}

    assert set(typing.get_type_hints(filters)) == published


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port at which nothing listens in the meantime."""
    with bound_socket(LOOPBACK, 0) as reserved:
        yield reserved.getsockname()[1]
