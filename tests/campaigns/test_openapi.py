"""A few requests of the campaign, the same ones each time."""

from __future__ import annotations

from campaigns.openapi import Explorer, Findings


def test_some_requests_of_every_operation_are_answered_as_documented(make_server):
    server = make_server()
    explorer = Explorer(f"http://127.0.0.1:{server.port}", 0, size=3)
    total = Findings()

    explorer.explore(3 * len(explorer.operations), total.add)

    assert total.failures == {}
    assert total.statuses.keys() >= {200, 400, 404, 422}
    assert "Traceback" not in server.log.read_text("utf-8")
