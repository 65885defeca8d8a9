"""Work that goes on after its answer, over HTTP."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing

import pytest
from waiting import wait_for


@pytest.fixture
def job_id(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    return call("POST", "/jobs", job).body["id"]


def begin(call, workflow_id):
    return call("POST", f"/workflows/{workflow_id}/initialize_jobs", **{"async": "true"})


def finished(call, task_id):
    def ask():
        task = call("GET", f"/tasks/{task_id}").body
        return task if task["status"] in {"succeeded", "failed"} else None

    return wait_for(ask, "the end of a task")


def test_jobs_are_initialized_after_the_answer(call, workflow_id, job_id):
    reply = begin(call, workflow_id)

    assert reply.status == 202
    assert reply.body["operation"] == "initialize_jobs"
    assert reply.body["workflow_id"] == workflow_id
    assert reply.body["status"] == "queued"
    task = finished(call, reply.body["id"])
    assert task["status"] == "succeeded"
    assert "error" not in task
    assert task["created_at_ms"] <= task["started_at_ms"] <= task["finished_at_ms"]
    assert call("GET", f"/jobs/{job_id}").body["status"] == "ready"
    events = call("GET", "/events", workflow_id=workflow_id).body["items"]
    assert [event["data"]["event_type"] for event in events] == ["workflow_started"]
    active = call("GET", f"/workflows/{workflow_id}/active_task")
    assert active.body == {"task": None}


def test_a_task_says_why_it_failed_and_has_changed_nothing(call, workflow_id, job_id):
    other = {
        "workflow_id": workflow_id,
        "name": "other",
        "command": "c",
        "depends_on_job_ids": [job_id],
    }
    other_id = call("POST", "/jobs", other).body["id"]
    assert call("PUT", f"/jobs/{job_id}", {"depends_on_job_ids": [other_id]}).status == 200

    task = finished(call, begin(call, workflow_id).body["id"])

    assert task["status"] == "failed"
    assert "in a cycle" in task["error"]
    assert call("GET", f"/jobs/{job_id}").body["status"] == "uninitialized"
    assert finished(call, begin(call, workflow_id).body["id"])["status"] == "failed"


def test_without_async_the_answer_is_as_ever(call, workflow_id, job_id):
    reply = call("POST", f"/workflows/{workflow_id}/initialize_jobs", **{"async": "false"})

    assert (reply.status, reply.body["message"]) == (200, "Initialized job status")
    assert call("GET", f"/jobs/{job_id}").body["status"] == "ready"


def test_unknown_workflows_and_tasks_are_said_to_be_unknown(call):
    assert begin(call, 123456).status == 404
    assert call("GET", "/workflows/123456/active_task").status == 404
    assert call("GET", "/tasks/123456").status == 404


def leave_unfinished(server, workflow_id):
    """Note a task as a server does that begins one."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute(
            "INSERT INTO task (workflow_id, operation, status, created_at, started_at)"
            " VALUES (?, 'initialize_jobs', 'running', 1, 2)",
            [workflow_id],
        )


def test_a_workflow_has_one_task_at_a_time(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow_id = call.make_workflow()
    leave_unfinished(server, workflow_id)

    second = begin(call, workflow_id)
    active = call("GET", f"/workflows/{workflow_id}/active_task").body["task"]

    assert second.status == 409
    assert second.problem["task_id"] == active["id"] == 1
    assert begin(call, call.make_workflow()).status == 202


def test_what_a_dying_server_leaves_behind_fails_and_blocks_nobody(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow_id = call.make_workflow()
    server.kill(signal.SIGTERM)
    leave_unfinished(server, workflow_id)
    server.start()

    task = call("GET", "/tasks/1").body

    assert (task["status"], task["error"]) == (
        "failed",
        "The server stopped before the task finished.",
    )
    assert begin(call, workflow_id).status == 202


def test_a_task_in_hand_survives_a_polite_end(make_server, http_of):
    server = make_server()
    call = http_of(server)
    workflow_id = call.make_workflow()
    jobs = [
        {"workflow_id": workflow_id, "name": f"j{i}", "command": "c", "depends_on_job_ids": [-1]}
        for i in range(20_000)
    ]
    jobs[0].pop("depends_on_job_ids")
    assert call("POST", "/bulk_jobs", {"jobs": jobs}).status == 200

    task_id = begin(call, workflow_id).body["id"]
    wait_for(lambda: call("GET", f"/tasks/{task_id}").body["status"] != "queued", "its start")
    server.kill(signal.SIGTERM)
    server.start()

    assert finished(call, task_id)["status"] == "succeeded"


def test_a_deleted_workflow_takes_its_tasks_with_it(call, workflow_id, job_id):
    task_id = begin(call, workflow_id).body["id"]
    finished(call, task_id)

    call("DELETE", f"/workflows/{workflow_id}")

    assert call("GET", f"/tasks/{task_id}").status == 404
