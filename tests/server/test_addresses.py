"""Paths and queries are read strictly, and a wrong one is told where."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("text", ["1", "0", "True", "FALSE", "yes", "null"])
def test_booleans_of_a_query_are_spelled_out(call, workflow_id, text):
    reply = call("GET", "/jobs", workflow_id=workflow_id, include_relationships=text)

    assert reply.status == 400
    assert "include_relationships" in reply.problem["message"]


@pytest.mark.parametrize("text", ["1.0", "1e3", "+1", " 1", "null", "0x1", "٣"])
def test_numbers_of_a_query_are_digits(call, text):
    assert call("GET", "/workflows", limit=text).status == 400


def test_the_first_of_repeated_keys_counts(call, workflow_id):
    path = f"/files?workflow_id={workflow_id}&limit=1&limit=x&offset=3&offset=4"

    assert call("GET", path).body["offset"] == 3


@pytest.mark.parametrize(
    ("query", "limit"),
    [("limit=&limit=1", 2), ("limit=1&limit=", 1), ("limit", 2), ("&&", 2), ("", 2), ("x=", 2)],
)
def test_an_empty_value_counts_as_not_given(call, workflow_id, query, limit):
    for name in ("a", "b"):
        call("POST", "/files", {"workflow_id": workflow_id, "name": name, "path": name})

    assert call("GET", f"/files?workflow_id={workflow_id}&{query}").body["count"] == limit


def test_of_repeated_triggers_those_count_that_are_not_empty(call, workflow_id):
    action = {"trigger_type": "on_workflow_start", "action_type": "run_commands"}
    action |= {"workflow_id": workflow_id, "action_config": {"commands": ["true"]}}
    path = f"/workflows/{workflow_id}/actions"
    call("POST", path, action)
    call("POST", f"/workflows/{workflow_id}/initialize_jobs")

    def due(query):
        return len(call("GET", f"{path}/pending?{query}").body)

    assert due("trigger_type=") == due("trigger_type=&trigger_type=on_workflow_start") == 1
    assert due("trigger_type=on_worker_start&trigger_type=&trigger_type=on_workflow_start") == 1
    assert due("trigger_type=&trigger_type=on_worker_start") == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/jobs/1/manage_status_change/sleeping/1"),
        ("POST", "/workflows/1/claim_jobs_based_on_resources/1?sort_method=best"),
        ("GET", "/jobs?workflow_id=1&status=sleeping"),
        ("GET", "/results?workflow_id=1&status=sleeping"),
        ("GET", "/results?workflow_id=1&status=null"),
    ],
)
def test_unknown_words_of_a_path_or_a_query_are_answered_with_400(call, workflow_id, method, path):
    path = path.replace("workflow_id=1", f"workflow_id={workflow_id}")
    body = {"num_cpus": 1, "memory_gb": 1, "num_gpus": 0, "num_nodes": 1}

    assert call(method, path, body if method == "POST" else None).status == 400


def test_the_word_null_is_a_text(call, workflow_id):
    own = {"workflow_id": workflow_id, "path": "/f"}
    ids = [call("POST", "/files", own | {"name": name}).body["id"] for name in ("null", "f")]

    found = call("GET", "/files", workflow_id=workflow_id, name="null").body["items"]

    assert [file["id"] for file in found] == ids[:1]


def test_a_missing_query_parameter_is_named(call):
    reply = call("GET", "/files")

    assert reply.status == 400
    assert reply.problem["message"] == "Missing required query parameter 'workflow_id'"
    assert reply.problem["field"] == "workflow_id"


def test_monitoring_finds_the_server_at_health(call):
    health, ping = call("GET", "/health"), call("GET", "/ping")

    assert (health.status, health.text) == (ping.status, ping.text)


@pytest.mark.parametrize(
    "path", ["/ping/", "//ping", "/workflows/", "/workflows/{}/", "/workflows/{}/actions/"]
)
def test_a_path_has_the_slashes_that_it_is_served_with(call, workflow_id, path):
    path = path.format(workflow_id)

    assert call("GET", path).status == 404
    assert call("GET", f"/{path.strip('/')}").status == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/ping", "GET, OPTIONS"),
        ("/workflows", "GET, OPTIONS, POST"),
        ("/user_data", "DELETE, GET, OPTIONS, POST"),
        ("/workflows/1", "DELETE, GET, OPTIONS, PUT"),
    ],
)
def test_a_path_tells_its_methods(call, path, methods):
    reply = call("OPTIONS", path)

    assert (reply.status, reply.headers["allow"], reply.text) == (204, methods, "")
