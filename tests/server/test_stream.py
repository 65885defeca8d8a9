"""The stream of events: order, levels, resuming, the end of things."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager

import pytest


class Frames:
    """The frames of one stream, read as they come."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def next(self) -> dict[str, str] | None:
        """Return the fields of the next frame that is no comment, None at the end."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            if line == "\n" and fields:
                return fields
            if line != "\n" and not line.startswith(":"):
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        return None


@pytest.fixture
def stream(server):
    @contextmanager
    def opened(workflow_id, query="", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
        path = f"/torc-service/v1/workflows/{workflow_id}/events/stream{query}"
        try:
            connection.request("GET", path, headers=headers or {})
            yield Frames(connection.getresponse())
        finally:
            connection.close()

    return opened


def post_event(call, workflow_id, event_type, **data):
    body = {"workflow_id": workflow_id, "timestamp": 0, "data": {"type": event_type} | data}
    return call("POST", "/events", body).body["id"]


def test_events_come_as_they_are_committed(call, stream, workflow_id):
    post_event(call, workflow_id, "before")
    with stream(workflow_id) as frames:
        event_id = post_event(call, workflow_id, "after", text="line\nline")
        frame = frames.next()

    assert frames.answer.status == 200
    assert frames.answer.headers["content-type"].startswith("text/event-stream")
    assert frames.answer.headers["cache-control"] == "no-cache"
    assert (frame["event"], frame["id"]) == ("after", str(event_id))
    data = json.loads(frame["data"])
    assert data["workflow_id"] == workflow_id
    assert data["event_type"] == "after"
    assert data["severity"] == "info"
    assert data["data"]["text"] == "line\nline"
    assert data["timestamp"] > 0


def test_nothing_of_another_workflow_comes(call, stream, workflow_id):
    with stream(workflow_id) as frames:
        post_event(call, call.make_workflow(), "foreign")
        post_event(call, workflow_id, "own")

        assert frames.next()["event"] == "own"


@pytest.mark.parametrize(
    ("level", "wanted"), [("error", "job_failed"), ("info", "job_started"), ("loud", "job_started")]
)
def test_a_level_leaves_lesser_events_out(call, stream, workflow_id, level, wanted):
    with stream(workflow_id, f"?level={level}") as frames:
        for event_type in ("job_ready", "job_started", "job_failed"):
            post_event(call, workflow_id, event_type)

        assert frames.next()["event"] == wanted


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_stream_resumes_after_the_last_event_seen(call, stream, workflow_id, way):
    ids = [post_event(call, workflow_id, f"e{number}") for number in range(10)]
    seen = ids[2]
    where = {"query": f"?last_event_id={seen}"} if way == "query" else {}
    where |= {"headers": {"Last-Event-ID": str(seen)}} if way == "header" else {}

    with stream(workflow_id, **where) as frames:
        came = [int(frames.next()["id"]) for _ in ids[3:]]

    assert came == ids[3:]


def test_a_type_cannot_break_out_of_its_line(call, stream, workflow_id):
    with stream(workflow_id) as frames:
        post_event(call, workflow_id, "x\n\nevent: forged")

        assert frames.next()["event"] == "user_event"


def test_a_stream_of_no_workflow_is_refused(call):
    refused = call("GET", "/workflows/999999/events/stream")

    assert refused.status == 404
    assert refused.problem["code"] == "not_found"


def test_a_stream_ends_with_its_workflow(call, stream, workflow_id):
    with stream(workflow_id) as frames:
        call("DELETE", f"/workflows/{workflow_id}")

        assert frames.next() is None
