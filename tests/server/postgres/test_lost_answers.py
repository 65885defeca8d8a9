"""Long work with a commit of which the server does not learn for a while whether it was stored."""

from __future__ import annotations

import pytest
from server.postgres.breaking_way import Moment
from server.postgres.test_large_work import in_background, make, statuses
from waiting import wait_for

JOBS = 6_000
DECIDE, CONCLUDE = b"UPDATE unfinished_work SET data", b"workflow_started"
"""What the transactions send in which it is decided and ended."""


@pytest.fixture
def server(make_server, way):
    return make_server(address=way.address)


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
