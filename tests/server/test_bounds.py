"""Requests that make no sense are told so; none of them is the server's failure."""

from __future__ import annotations

import httpx
import pytest
from litestar import Litestar, get

from torc_server.edge import problems
from torc_server.edge.tracing import add_span_id

BIG = 2**63
NAMED = {"name": "w", "user": "u"}
NUMBER = b'{"name": "w", "user": "u", "compute_node_expiration_buffer_seconds": %s}'

BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "another type": b"[]",
    "invalid UTF-8": b'{"name": "\xff", "user": "u"}',
    "a lone surrogate": rb'{"name": "\ud800", "user": "u"}',
    "deep nesting": b'{"metadata": ' + b"[" * 100_000,
    "deep nesting, closed": b'{"metadata": {"a":' * 50_000 + b"1" + b"}}" * 50_000,
    "a missing field": b'{"name": "w"}',
    "a wrong type": b'{"name": 1, "user": "u"}',
    "a float for an integer": NUMBER % b"1.5",
    "an integer of 5,000 digits": NUMBER % (b"9" * 5000),
    "an integer of 64 bits": NUMBER % str(BIG).encode(),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_bad_body_is_answered_with_400(call, kind):
    reply = call("POST", "/workflows", BODIES[kind])

    assert reply.status == 400, reply.text
    assert reply.problem["message"]
    assert call("GET", "/ping").status == 200


@pytest.mark.parametrize(
    "query",
    [
        {"limit": -1},
        {"offset": -1},
        {"offset": BIG},
        {"limit": BIG},
        {"limit": "9" * 5000},
        {"limit": "ten"},
        {"limit": 1.5},
        {"reverse_sort": "maybe"},
        {"is_archived": "yes"},
    ],
)
def test_a_bad_query_is_answered_with_400(call, query):
    reply = call("GET", "/workflows", **query)

    assert reply.status == 400, reply.text
    assert next(iter(query)) in reply.problem["message"]


@pytest.mark.parametrize("number", [0, -1, BIG, 10**30])
def test_an_impossible_id_is_answered_with_400(call, number):
    for path in ("/workflows", "/files", "/jobs", "/events"):
        assert call("GET", f"{path}/{number}").status == 400


@pytest.mark.parametrize("number", ["one", "%FF", "1_0", "+1", "1.0", "%D9%A1"])
def test_something_else_than_a_number_in_the_path_is_answered_with_400(call, number):
    assert call("GET", f"/workflows/{number}").status == 400


@pytest.mark.parametrize("path", ["/nowhere", "/workflows/1/2/3", "/workflow"])
def test_an_unknown_path_is_answered_with_404(call, path):
    reply = call("GET", path)

    assert reply.status == 404
    assert reply.problem["code"] == "not_found"


def test_a_wrong_method_is_answered_with_405_and_the_right_ones(call):
    reply = call("PATCH", "/workflows")

    assert reply.status == 405
    assert {"GET", "POST"} <= set(reply.headers["allow"].split(", "))


def test_a_body_beyond_the_limit_is_answered_with_413(call):
    body = b'{"name": "' + b"x" * (65 * 1024 * 1024) + b'", "user": "u"}'

    assert call("POST", "/workflows", body).status == 413


def test_unknown_fields_and_content_types_are_accepted(call):
    headers = {"Content-Type": "text/plain"}

    reply = call("POST", "/workflows", NAMED | {"from_the_future": 1}, headers)

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"


def test_references_to_nothing_are_no_failure_of_the_server(call, workflow_id):
    result = {
        "workflow_id": workflow_id,
        "job_id": 999_999,
        "compute_node_id": 999_999,
        "run_id": 1,
        "return_code": 0,
        "exec_time_minutes": 0.0,
        "completion_time": "2026-01-01T00:00:00.000Z",
        "status": "completed",
    }

    assert call("POST", "/results", result).status == 422
    big = call("POST", "/files", {"workflow_id": BIG, "name": "f", "path": "/f"})
    assert big.status == 400


def test_answers_carry_the_id_of_their_request(call):
    given = call("GET", "/ping", headers={"X-Span-ID": "abc-123"})
    first, second = (call("GET", "/ping").headers["x-span-id"] for _ in range(2))

    assert given.headers["x-span-id"] == "abc-123"
    assert first != second
    assert call("GET", "/workflows/999999", headers={"X-Span-ID": "e"}).headers["x-span-id"] == "e"


async def test_a_failure_of_the_server_tells_nothing_of_its_inside(caplog):
    @get("/")
    async def broken() -> None:
        raise ZeroDivisionError("secret of the inside")

    app = Litestar(
        [broken],
        exception_handlers=problems.HANDLERS,
        before_send=[add_span_id],
        logging_config=None,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        reply = await client.get("/", headers={"X-Span-ID": "span-7"})

    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.json()["error"]["span_id"] == "span-7"
    assert "span-7" in caplog.text
    assert "secret of the inside" in caplog.text


def test_an_action_of_very_many_unknown_jobs_is_refused(call, workflow_id):
    reply = call(
        "POST",
        f"/workflows/{workflow_id}/actions",
        {
            "workflow_id": workflow_id,
            "trigger_type": "on_jobs_ready",
            "action_type": "run_commands",
            "action_config": {"commands": ["true"]},
            "job_ids": list(range(1, 300_000)),
        },
    )

    assert reply.status == 404, reply.text
