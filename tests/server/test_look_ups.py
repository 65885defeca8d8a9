"""What clients ask again and again: exact answers, and never one of before a change."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from server.changing_requests import CASES, Story

ACTION = {
    "trigger_type": "on_workflow_start",
    "action_type": "run_commands",
    "action_config": {"commands": ["true"]},
}
STATUS = (
    '{"id":%d,"is_canceled":false,"is_archived":false,"run_id":0,'
    '"has_detected_need_to_run_completion_script":false,"is_complete":true,"workflow_id":%d,'
    '"workflow_name":"w","workflow_user":"u","total_jobs":0,"jobs_by_status":{"uninitialized":0,'
    '"blocked":0,"ready":0,"pending":0,"running":0,"completed":0,"failed":0,"canceled":0,'
    '"terminated":0,"disabled":0,"pending_failed":0},"active_compute_nodes":0,'
    '"pending_scheduled_nodes":0,"active_scheduled_nodes":0,"total_exec_time_minutes":0.0,'
    '"walltime_seconds":0.0}'
)
PENDING = (
    '[{"id":%d,"workflow_id":%d,"trigger_type":"on_workflow_start","action_type":"run_commands",'
    '"action_config":{"commands":["true"]},"trigger_count":1,"required_triggers":1,'
    '"executed":false,"persistent":false,"is_recovery":false}]'
)
WORKFLOW = (
    '{"id":%d,"name":"w","user":"u","timestamp":"%s",'
    '"compute_node_expiration_buffer_seconds":180,"compute_node_wait_for_new_jobs_seconds":90,'
    '"compute_node_ignore_workflow_completion":false,'
    '"compute_node_wait_for_healthy_database_minutes":20,'
    '"compute_node_min_time_for_new_jobs_seconds":300,'
    '"jobs_sort_method":"gpus_runtime_memory","use_pending_failed":false,"status_id":%d,'
    '"run_id":0,"is_archived":false,"is_canceled":false}'
)


def add_action(call, workflow_id):
    reply = call("POST", f"/workflows/{workflow_id}/actions", ACTION | {"workflow_id": workflow_id})
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")
    return reply.body["id"]


def test_answers_are_exact_to_the_byte(call, workflow_id):
    action_id = add_action(call, workflow_id)
    place = f"/workflows/{workflow_id}"
    timestamp = call("GET", place).body["timestamp"]
    expected = {
        place: WORKFLOW % (workflow_id, timestamp, workflow_id),
        f"{place}/status": STATUS % (workflow_id, workflow_id),
        f"{place}/actions/pending": PENDING % (action_id, workflow_id),
    }

    for path, text in expected.items():
        for _ in range(3):
            reply = call("GET", path)
            assert reply.text == text
            assert reply.headers.keys() == {"date", "content-type", "content-length", "x-span-id"}
            assert reply.headers["content-type"] == "application/json"
            assert int(reply.headers["content-length"]) == len(text)


def rename(call, workflow_id):
    call("PUT", f"/workflows/{workflow_id}", {"name": "other"})


def add_job(call, workflow_id):
    call("POST", "/jobs", {"workflow_id": workflow_id, "name": "j", "command": "true"})


@pytest.mark.parametrize(
    ("path", "change", "read"),
    [
        ("", rename, lambda body: body["name"]),
        ("/status", rename, lambda body: body["workflow_name"]),
        ("/status", add_job, lambda body: body["total_jobs"]),
        ("/actions/pending", add_action, len),
    ],
    ids=["workflow", "status of a workflow", "status of its jobs", "pending actions"],
)
def test_each_answer_is_of_the_latest_change(call, workflow_id, path, change, read):
    before = [read(call("GET", f"/workflows/{workflow_id}{path}").body) for _ in range(3)]
    change(call, workflow_id)
    after = [read(call("GET", f"/workflows/{workflow_id}{path}").body) for _ in range(3)]

    assert len(set(before)) == len(set(after)) == 1
    assert before != after


def test_a_workflow_that_is_deleted_is_not_found_though_it_was_just_read(call, workflow_id):
    for path in ("", "/status", "/actions/pending"):
        assert call("GET", f"/workflows/{workflow_id}{path}").status == 200
    call("DELETE", f"/workflows/{workflow_id}")
    for path in ("", "/status", "/actions/pending"):
        assert call("GET", f"/workflows/{workflow_id}{path}").status == 404


def test_filters_of_pending_actions_are_answered_apart(call, workflow_id):
    action_id = add_action(call, workflow_id)
    path = f"/workflows/{workflow_id}/actions/pending"
    node = {"workflow_id": workflow_id, "hostname": "h", "pid": 1, "num_cpus": 1, "memory_gb": 1.0}
    node |= {"start_time": "2024-01-01T00:00:00Z", "num_gpus": 0, "num_nodes": 1}
    made = call("POST", "/compute_nodes", node | {"compute_node_type": "local"})
    assert made.status == 200, made.text

    def found(**query):
        return [action["id"] for action in call("GET", path, **query).body]

    for _ in range(2):
        assert found() == found(compute_node_id=made.body["id"]) == [action_id]
        assert found(trigger_type="on_workflow_start") == [action_id]
        assert found(trigger_type="on_jobs_ready") == []


LISTED = (
    *("jobs", "results", "files", "user_data", "events", "resource_requirements"),
    *("compute_nodes", "scheduled_compute_nodes", "local_schedulers", "slurm_schedulers"),
)


def kept_paths(call, workflow_id):
    """Return the paths whose answers are kept, of everything that the workflow has."""
    place = f"/workflows/{workflow_id}"
    listed = {kind: call("GET", f"/{kind}", workflow_id=workflow_id) for kind in LISTED}
    records = [f"/{kind}/{item['id']}" for kind in LISTED for item in listed[kind].body["items"]]
    return [place, f"{place}/status", f"{place}/actions/pending", *records]


def test_after_each_operation_what_is_kept_is_what_a_new_reading_finds(make_server, http_of):
    server = make_server()
    call = http_of(server)
    other = call.make_workflow()
    for make in CASES.values():
        story = Story(call)
        request = make(story)
        paths = kept_paths(call, story.workflow)
        for path in paths:
            call("GET", path)
        call(request.method, request.path, request.body, **request.query)
        after = [call("GET", path).text for path in paths]
        with closing(sqlite3.connect(server.database)) as shell, shell:
            shell.execute("UPDATE workflow SET name = name")
        rename(call, other)  # now the server knows that another program wrote, and keeps nothing
        assert [call("GET", path).text for path in paths] == after, request
