"""Results, nodes and allocations at a terminal: what ran where, and how it ended."""

from __future__ import annotations

import pytest
from core.client.raw_server import RawServer, reply


@pytest.fixture
def listed(torc, ran):
    """Return which of the three results a list has."""
    names = {getattr(ran, name).id: name for name in ("failed", "wrote", "silent")}

    def ask(*options):
        answer = torc("-f", "json", "results", "list", ran.workflow.id, *options)
        return [names[result["id"]] for result in answer.json["results"]]

    return ask


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["wrote", "silent"]),
        (("--all-runs",), ["failed", "wrote", "silent"]),
        (("--failed",), ["silent"]),
        (("--failed", "--all-runs"), ["failed", "silent"]),
        (("--failed", "--all-runs", "-l", "1", "-o", "1"), ["silent"]),
        (("--all-runs", "-r", "1"), ["failed"]),
        (("--all-runs", "--return-code", "3"), ["failed"]),
        (("-s", "completed"), ["wrote"]),
        (("--all-runs", "--sort-by", "return_code", "--reverse-sort", "-l", "1"), ["failed"]),
    ],
)
def test_the_list_is_filtered(options, expected, listed):
    assert listed(*options) == expected


def test_the_list_is_filtered_by_job_and_by_node(listed, ran):
    assert listed("--all-runs", "-j", ran.write.id) == ["failed", "wrote"]
    assert listed("--all-runs", "--compute-node", ran.node.id) == ["wrote"]


def test_a_deleted_result_is_gone(torc, client, ran):
    answer = torc("results", "delete", ran.failed.id)

    assert answer.out == f"Deleted result {ran.failed.id} of job {ran.write.id}.\n"
    assert client.list_results(ran.workflow.id, all_runs=True).total_count == 2


def test_jobs_are_named_even_if_the_server_does_not_name_them(torc_alone, monkeypatch):
    """The reference's server does not."""
    result = {
        "id": 5, "job_id": 2, "workflow_id": 1, "run_id": 1, "compute_node_id": 1,
        "return_code": 0, "exec_time_minutes": 1.0, "completion_time": "x", "status": "completed",
    }  # fmt: skip
    job = {"id": 2, "workflow_id": 1, "name": "named", "command": "true"}

    def answer(request):
        if "/workflows/" in request.target:
            return reply({"id": 1, "name": "w", "user": "u"})
        items = [result] if "/results" in request.target else [job]
        return reply({"items": items, "count": 1, "total_count": 1, "has_more": False})

    with RawServer(answer) as server:
        monkeypatch.setenv("TORC_API_URL", server.url)
        lines = torc_alone("results", "list", 1).out.splitlines()

    assert lines[1].split()[:3] == ["5", "2", "named"]


def test_nodes_are_listed_by_allocation(torc, ran):
    answer = torc(
        *("-f", "json", "compute-nodes", "list", ran.workflow.id),
        *("--scheduled-compute-node", ran.allocation.id),
    )

    assert [node["id"] for node in answer.json["compute_nodes"]] == [ran.node.id]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--scheduler-id", "4711"), 1),
        (("--scheduler-id", "4712"), 0),
        (("--status", "complete"), 1),
        (("--status", "active"), 0),
    ],
)
def test_allocations_are_filtered(options, count, torc, ran):
    answer = torc("-f", "json", "scheduled-compute-nodes", "list", ran.workflow.id, *options)

    assert len(answer.json["scheduled_compute_nodes"]) == count


def test_the_jobs_of_an_allocation_are_those_of_its_nodes(torc, ran):
    line = ("scheduled-compute-nodes", "list-jobs", ran.allocation.id)

    assert torc("-f", "json", *line).json == {
        "scheduled_compute_node_id": ran.allocation.id,
        "workflow_id": ran.workflow.id,
        "compute_node_count": 1,
        "job_ids": [ran.write.id],
    }
    rows = torc(*line).out.splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [[str(ran.write.id), "write"]]
