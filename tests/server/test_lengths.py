"""Texts have limits by field, and the bodies of all requests together have one."""

from __future__ import annotations

import asyncio
import json

import pytest
from litestar.exceptions import HTTPException

from torc_core import limits
from torc_server.edge.body_budget import FREE_BYTES, BodyBudget

JOB = {"name": "j", "command": "true"}
ACTION = {"action_type": "run_commands", "action_config": {}}


@pytest.mark.parametrize(
    ("path", "body", "field", "limit"),
    [
        ("/workflows", {"user": "u"}, "name", limits.NAME),
        ("/workflows", {"name": "w"}, "user", limits.NAME),
        ("/workflows", {"name": "w", "user": "u"}, "description", limits.TEXT),
        ("/workflows", {"name": "w", "user": "u"}, "submission_directory", limits.PATH),
        ("/jobs", {"command": "true"}, "name", limits.NAME),
        ("/jobs", {"name": "j"}, "command", limits.TEXT),
        ("/jobs", JOB, "invocation_script", limits.TEXT),
        ("/files", {"path": "f"}, "name", limits.NAME),
        ("/files", {"name": "f"}, "path", limits.PATH),
        ("/user_data", {"data": 1}, "name", limits.NAME),
    ],
)
def test_a_text_beyond_its_limit_is_refused_with_field_length_and_limit(
    call, workflow_id, path, body, field, limit
):
    body = body if path == "/workflows" else body | {"workflow_id": workflow_id}

    kept = call("POST", path, body | {field: "é" * limit})
    refused = call("POST", path, body | {field: "é" * (limit + 1)})

    assert kept.status == 200, kept.text
    assert refused.status == 422
    assert refused.problem["field"] == field
    assert "warning" not in refused.headers
    assert (refused.problem["length"], refused.problem["limit"]) == (limit + 1, limit)
    for part in (field, f"{limit + 1:,}", f"{limit:,}"):
        assert part in refused.problem["message"]


def test_a_long_text_is_found_among_many_and_nothing_is_created(call, workflow_id):
    jobs = [JOB | {"workflow_id": workflow_id, "name": f"j{number}"} for number in range(50)]
    jobs[17]["name"] = "n" * 256

    for more in ({}, {"unheard_of": 1}):
        reply = call("POST", "/bulk_jobs", {"jobs": jobs} | more)
        assert (reply.status, reply.problem["field"]) == (422, "jobs[17].name")
    assert call("GET", "/jobs", workflow_id=workflow_id).body["total_count"] == 0


def test_an_update_has_the_same_limits(call, workflow_id):
    reply = call("PUT", f"/workflows/{workflow_id}", {"name": "n" * 256})

    assert (reply.status, reply.problem["field"]) == (422, "name")


LONG = "=a:" * 333_333


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/resource_requirements", {"name": "r", "memory": LONG}, 422),
        ("/resource_requirements", {"name": "r", "runtime": LONG}, 422),
        ("/workflows/{}/actions", {"trigger_type": LONG} | ACTION, 422),
        ("/jobs", JOB | {"status": LONG}, 400),
        ("/jobs", JOB | {LONG: 1, "name": 1}, 400),
    ],
)
def test_a_word_of_a_megabyte_is_not_repeated_in_the_answer(call, workflow_id, path, body, status):
    reply = call("POST", path.format(workflow_id), {"workflow_id": workflow_id} | body)

    assert reply.status == status
    assert len(reply.text) < 3000


def test_a_long_value_of_a_query_is_not_repeated_in_the_answer(call, workflow_id):
    for name in ("sort_by", "status"):
        reply = call("GET", "/jobs", workflow_id=workflow_id, **{name: "=" + LONG[:15_000]})
        assert reply.status in {400, 422}
        assert len(reply.text) < 3000


def test_free_json_has_no_limit_of_its_own(call, workflow_id):
    text = "x" * (limits.TEXT + 1)
    data = {"workflow_id": workflow_id, "name": "d", "data": [text]}

    assert call("POST", "/user_data", data).status == 200
    workflow = {"name": "w", "user": "u", "metadata": json.dumps({"note": text})}
    assert call("POST", "/workflows", workflow).status == 200


def test_lists_and_objects_of_a_body_are_counted(call, workflow_id):
    body = b'{"workflow_id": %d, "name": "d", "data": [%b1]}' % (workflow_id, b"[]," * 2_000_001)

    reply = call("POST", "/user_data", body)

    assert reply.status == 400
    assert "2,000,000 lists and objects" in reply.problem["message"]


class Requests:
    """Requests with bodies that arrive when the test wants, all within one budget."""

    def __init__(self, total):
        self.budget = BodyBudget(total)

    def begin(self, pieces, method="POST"):
        """Begin a request; return its task, and what lets it be answered."""
        answered = asyncio.Event()
        waiting = iter(pieces)

        async def receive():
            return {"type": "http.request", "body": b"x" * next(waiting), "more_body": True}

        async def app(_scope, receive, _send):
            for _ in pieces:
                await receive()
            await answered.wait()

        scope = {"type": "http", "method": method}
        return asyncio.create_task(self.budget.handle(scope, receive, None, app)), answered


async def test_bodies_count_until_their_requests_are_answered():
    requests = Requests(1_000_000)
    first, answer_first = requests.begin([FREE_BYTES, 600_000])
    second, answer_second = requests.begin([FREE_BYTES + 400_000])
    await asyncio.sleep(0)
    assert requests.budget.taken == 1_000_000

    third, _ = requests.begin([FREE_BYTES, 1])
    with pytest.raises(HTTPException) as refused:
        await third
    assert refused.value.status_code == 503
    assert refused.value.headers["Retry-After"] == "1"

    answer_first.set()
    await first
    assert requests.budget.taken == 400_000
    fourth, answer_fourth = requests.begin([FREE_BYTES + 600_000])
    answer_fourth.set()
    answer_second.set()
    await asyncio.gather(second, fourth)
    assert requests.budget.taken == 0


async def test_small_requests_are_served_when_large_ones_take_everything():
    requests = Requests(1)
    large, answer_large = requests.begin([FREE_BYTES + 1])
    small = [requests.begin([FREE_BYTES // 2] * 2) for _ in range(20)]
    for request, answer in small:
        answer.set()
        await request
    answer_large.set()
    await large
    assert requests.budget.taken == 0


async def test_a_request_that_fails_gives_back_what_it_took():
    requests = Requests(1_000_000)
    request, _ = requests.begin([FREE_BYTES, 500_000])
    await asyncio.sleep(0)
    assert requests.budget.taken == 500_000

    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request

    assert requests.budget.taken == 0
