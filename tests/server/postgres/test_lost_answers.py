"""Long work with a commit of which the server does not learn for a while whether it was stored."""

from __future__ import annotations

import pytest
from server.postgres.breaking_way import Moment
from server.postgres.test_large_work import in_background, make, statuses
from waiting import wait_for

JOBS = 6_000
DECIDE, CONCLUDE = b"UPDATE unfinished_work SET data", b"workflow_started"
"""What the transactions send in which it is decided and ended."""

TIMERS = ("--heartbeat-interval-secs", "2", "--suspect-after-secs", "5")


@pytest.fixture
def server(make_server, way):
    return make_server(*TIMERS, address=way.address)


@pytest.fixture
def call(server, http_of):
    return http_of(server)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("mark", [DECIDE, CONCLUDE], ids=["decision", "end"])
def test_a_request_has_its_reply_though_a_commit_was_lost(call, server, way, mark, moment):
    workflow_id = make(call, JOBS)
    way.cut(mark, moment, closes=True)
    asking, replies = in_background(call, "POST", f"/workflows/{workflow_id}/initialize_jobs")
    way.wait_for_cuts(1)
    wait_for(lambda: "cannot be written yet" in server.log.read_text(), "the server to notice")
    way.is_open = True
    asking.join(100)

    assert (replies[0].status, replies[0].body["count"]) == (200, JOBS)
    found = statuses(call, workflow_id)
    assert (found["blocked"], found["ready"]) == (JOBS - 1, 1)


def test_a_task_that_a_server_does_not_know_to_have_begun_fails(call, way):
    workflow_id = call.make_workflow()
    path = f"/workflows/{workflow_id}"
    way.cut(b"INSERT INTO task", Moment.AFTER, closes=True)
    assert call("POST", f"{path}/initialize_jobs", **{"async": "true"}).status == 507
    way.is_open = True

    task = wait_for(lambda: call("GET", f"{path}/active_task").body["task"], "the task")
    wait_for(lambda: not call("GET", f"{path}/active_task").body["task"], "the end of the task")

    failed = call("GET", f"/tasks/{task['id']}").body
    assert (failed["status"], "database" in failed["error"]) == ("failed", True)
    assert call("POST", f"{path}/initialize_jobs", **{"async": "true"}).status == 202
