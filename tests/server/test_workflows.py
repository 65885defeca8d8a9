"""Workflows and their status over HTTP."""

from __future__ import annotations

import pytest

from torc_core.model.status import JobStatus


def test_a_workflow_shows_its_defaults_and_changes_only_where_told(call):
    created = call("POST", "/workflows", {"name": "w", "user": "u", "description": "d"}).body
    path = f"/workflows/{created['id']}"

    assert created["status_id"] == created["id"]
    assert created["timestamp"].endswith("Z")
    assert created["compute_node_min_time_for_new_jobs_seconds"] == 300
    assert call("GET", path).body == created
    changed = call("PUT", path, {"name": "v", "description": None}).body
    assert changed == created | {"name": "v"}
    assert call("PUT", path, {"jobs_sort_method": "alphabetical"}).status == 422


def test_json_settings_are_kept_as_text_whichever_way_they_come(call):
    as_object = call.make_workflow(metadata={"a": 1})
    as_text = call.make_workflow(metadata='{"a":1}')

    for workflow in (as_object, as_text):
        assert call("GET", f"/workflows/{workflow}").body["metadata"] == '{"a":1}'


def test_lists_filter_and_count_jobs_on_request(call):
    mine = call.make_workflow(user="filter-me", description="100% of A_b")
    call.make_workflow(user="filter-me", description="100 of AXb")
    call("POST", "/jobs", {"workflow_id": mine, "name": "j", "command": "c"})
    call(
        "PUT", f"/workflows/{mine}/status", {"run_id": 0, "is_canceled": False, "is_archived": True}
    )

    def found(**query):
        items = call("GET", "/workflows", user="filter-me", **query).body["items"]
        return [item["id"] for item in items]

    assert len(found()) == 2
    assert found(description="100% of a_") == [mine]
    assert found(is_archived="true") == [mine]
    assert mine not in found(is_archived="false")
    assert found(name="nobody") == []
    counted = call("GET", "/workflows", user="filter-me", include_job_counts="true").body["items"]
    counts = {item["id"]: item["job_counts"] for item in counted}
    assert counts[mine] == dict.fromkeys(map(str, JobStatus), 0) | {"uninitialized": 1}
    assert set(counts[mine]) == set(next(iter(counts.values())))


def test_the_status_adds_up_jobs_and_nodes(call, workflow_id):
    for name in ("a", "b"):
        call("POST", "/jobs", {"workflow_id": workflow_id, "name": name, "command": "c"})

    status = call("GET", f"/workflows/{workflow_id}/status").body

    assert status["id"] == workflow_id
    assert status["run_id"] == 0
    assert status["total_jobs"] == 2
    assert status["jobs_by_status"]["uninitialized"] == 2
    assert status["is_complete"] is False
    assert status["active_compute_nodes"] == 0
    raised = call("PUT", f"/workflows/{workflow_id}/status", {"run_id": 4, "is_canceled": False})
    assert raised.body["run_id"] == 4
    assert "jobs_by_status" not in raised.body


@pytest.mark.parametrize("suffix", ["", "/status"])
def test_an_unknown_workflow_is_said_to_be_unknown(call, suffix):
    reply = call("GET", f"/workflows/123456{suffix}")

    assert reply.status == 404
    assert reply.problem == {
        "message": "There is no workflow 123456.",
        "code": "not_found",
        "kind": "workflow",
    }


def test_a_deleted_workflow_takes_everything_with_it(call, workflow_id):
    file = call("POST", "/files", {"workflow_id": workflow_id, "name": "f", "path": "/f"}).body
    call("POST", "/jobs", {"workflow_id": workflow_id, "name": "j", "command": "c"})

    assert call("DELETE", f"/workflows/{workflow_id}").body["id"] == workflow_id
    assert call("GET", f"/workflows/{workflow_id}").status == 404
    assert call("GET", f"/files/{file['id']}").status == 404


def test_a_reset_that_changes_nothing_is_no_event(call, workflow_id):
    path = f"/workflows/{workflow_id}"
    job = call("POST", "/jobs", {"workflow_id": workflow_id, "name": "j", "command": "c"}).body

    def resets():
        for operation in ("reset_status", "reset_job_status"):
            assert call("POST", f"{path}/{operation}").status == 200
        events = call("GET", "/events", workflow_id=workflow_id, category="workflow_reset").body
        return events["total_count"]

    assert resets() == 0
    call("PUT", f"/jobs/{job['id']}", {"status": "disabled"})
    assert resets() == 1
    call("PUT", f"{path}/cancel")
    assert resets() == 2
