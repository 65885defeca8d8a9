"""How many jobs are in which status, where a server does not count them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from core.client.raw_server import RawServer, Received, reply

from torc_core.client import TorcClient

STATUS = {
    "run_id": 1,
    "is_canceled": False,
    "is_archived": False,
    "has_detected_need_to_run_completion_script": False,
}


class Moving:
    """Two jobs that run, one of which completes once the first count has passed it by."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, request: Received) -> bytes:
        target = urlsplit(request.target)
        if target.path.endswith("/is_complete"):
            return reply({"is_complete": False, "is_canceled": False})
        if target.path.endswith("/status"):
            return reply(STATUS)
        status = parse_qs(target.query).get("status", [""])[0]
        self.asked += status == "completed"
        counts = {"": 2, "running": 1, "completed": 0 if self.asked < 2 else 1}
        found = {"items": [], "offset": 0, "max_limit": 1, "count": 0, "has_more": False}
        return reply({**found, "total_count": counts.get(status, 0)})


def test_jobs_that_change_while_they_are_counted_are_counted_again():
    with RawServer(Moving()) as server:
        client = TorcClient(server.url)
        found = client.get_workflow_status(7)
        client.close()

    counts = {name: number for name, number in (found.jobs_by_status or {}).items() if number}
    assert counts == {"completed": 1, "running": 1}
    assert found.total_jobs == 2
