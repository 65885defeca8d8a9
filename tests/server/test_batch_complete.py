"""Reporting the ends of jobs over HTTP, many per call and many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from nodes import NODE

TIME = "2024-01-01T00:00:00.000Z"


@pytest.fixture
def node_id(call, workflow_id):
    node = NODE | {"workflow_id": workflow_id, "start_time": TIME, "num_cpus": 8, "memory_gb": 16.0}
    return call("POST", "/compute_nodes", node).body["id"]


@pytest.fixture
def make_jobs(call, workflow_id):
    def make(count, **fields):
        jobs = [
            {"workflow_id": workflow_id, "name": f"j{at}", "command": "true"} | fields
            for at in range(count)
        ]
        return [job["id"] for job in call("POST", "/bulk_jobs", {"jobs": jobs}).body["jobs"]]

    return make


@pytest.fixture
def completion(workflow_id, node_id):
    def make(job_id, status="completed", **fields):
        result = {
            "job_id": job_id,
            "workflow_id": workflow_id,
            "run_id": 0,
            "attempt_id": 1,
            "compute_node_id": node_id,
            "return_code": 0,
            "exec_time_minutes": 0.1,
            "completion_time": TIME,
            "status": status,
        }
        return {"job_id": job_id, "run_id": 0, "status": status, "result": result} | fields

    return make


def test_each_completion_is_accepted_or_refused_for_itself(
    call, workflow_id, make_jobs, completion
):
    first, second, third = make_jobs(3)
    completions = [
        completion(first),
        completion(999_999_999),
        completion(second, "failed"),
        completion(first, "failed"),
        completion(third, run_id=7),
        completion(first),
    ]

    reply = call(
        "POST", f"/workflows/{workflow_id}/batch_complete_jobs", {"completions": completions}
    )

    assert reply.status == 200
    assert reply.body["completed"] == [first, second, first]
    assert [error["job_id"] for error in reply.body["errors"]] == [999_999_999, first, third]
    assert "There is no job 999999999." in reply.body["errors"][0]["message"]
    listed = call("GET", "/jobs", workflow_id=workflow_id).body["items"]
    assert [job["status"] for job in listed] == ["completed", "failed", "uninitialized"]
    results = call("GET", "/results", workflow_id=workflow_id).body["items"]
    assert [result["job_id"] for result in results] == [first, second]


def test_an_empty_batch_and_an_unknown_workflow(call, workflow_id, completion, make_jobs):
    [job_id] = make_jobs(1)

    empty = call("POST", f"/workflows/{workflow_id}/batch_complete_jobs", {"completions": []})
    unknown = call(
        "POST", "/workflows/999999999/batch_complete_jobs", {"completions": [completion(job_id)]}
    )

    assert (empty.status, empty.body) == (200, {"completed": [], "errors": []})
    assert unknown.status == 404


def test_what_is_no_completion_is_refused_as_a_whole(call, workflow_id, completion, make_jobs):
    [job_id] = make_jobs(1)
    path = f"/workflows/{workflow_id}/batch_complete_jobs"

    reply = call("POST", path, {"completions": [completion(job_id), completion(job_id, "odd")]})

    assert reply.status in {400, 422}
    assert call("GET", f"/jobs/{job_id}").body["status"] == "uninitialized"


def test_reports_that_come_at_once_are_answered_each_with_its_own(
    call, workflow_id, make_jobs, completion
):
    """Good ones and bad ones share groups; none is answered with what another deserves."""
    job_ids = make_jobs(120)

    def report(at):
        job_id = job_ids[at]
        expected = {0: 200, 1: 404, 2: 422}[at % 3]
        target = job_id if expected != 404 else 900_000_000 + at
        run_id = 3 if expected == 422 else 0
        body = completion(job_id)["result"]
        reply = call("POST", f"/jobs/{target}/complete_job/completed/{run_id}", body)
        assert reply.status == expected, reply.text
        if expected == 200:
            assert (reply.body["id"], reply.body["status"]) == (job_id, "completed")
        elif expected == 404:
            assert str(target) in reply.problem["message"]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(report, range(len(job_ids))))

    counts = call("GET", "/jobs", workflow_id=workflow_id, status="completed").body["total_count"]
    assert counts == 40
