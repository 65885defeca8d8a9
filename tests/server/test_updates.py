"""Updates: what is left out stays, null clears what may be empty, and sending back changes nothing.

The Python clients since 0.22 write null for each field that an answer left out.
"""

from __future__ import annotations

import json

import pytest

from torc_server.controllers.crud import CRUD_RESOURCES
from torc_server.records import resources

NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 2,
    "memory_gb": 4.5,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "slurm",
    "is_active": True,
}
FULL = {
    "/files": (resources.FILE, {"name": "f", "path": "/f", "st_mtime": 1.5}),
    "/user_data": (resources.USER_DATA, {"name": "d", "data": [1], "is_ephemeral": True}),
    "/resource_requirements": (resources.RESOURCE_REQUIREMENTS, {"name": "r", "memory": "2g"}),
    "/local_schedulers": (
        resources.LOCAL_SCHEDULER,
        {"name": "l", "memory": "1g", "num_cpus": 2},
    ),
    "/slurm_schedulers": (
        resources.SLURM_SCHEDULER,
        {
            "name": "s",
            "account": "a",
            "nodes": 1,
            "walltime": "01:00:00",
            "gres": "gpu:1",
            "mem": "1g",
            "ntasks_per_node": 2,
            "partition": "p",
            "qos": "high",
            "tmp": "1g",
            "extra": "--exclusive",
        },
    ),
    "/compute_nodes": (
        resources.COMPUTE_NODE,
        NODE
        | {
            "duration_seconds": 2.5,
            "time_limit": "PT1H",
            "scheduler_config_id": 3,
            "scheduler": {"scheduler_id": 7},
            "peak_cpu_percent": 380.0,
            "avg_cpu_percent": 150.5,
            "peak_memory_bytes": 2**40,
            "avg_memory_bytes": 2**39,
            "sample_count": 12,
        },
    ),
    "/scheduled_compute_nodes": (
        resources.SCHEDULED_COMPUTE_NODE,
        {
            "scheduler_id": 77,
            "scheduler_config_id": 1,
            "scheduler_type": "slurm",
            "status": "pending",
        },
    ),
    "/ro_crate_entities": (
        resources.RO_CRATE_ENTITY,
        {"entity_id": "#a", "entity_type": "File", "metadata": {"a": None}},
    ),
    "/results": (
        resources.RESULT,
        {
            "run_id": 0,
            "return_code": 0,
            "exec_time_minutes": 0.5,
            "status": "completed",
            "completion_time": "2026-01-01T00:00:00.000Z",
            "peak_memory_bytes": 1,
            "avg_memory_bytes": 1,
            "peak_cpu_percent": 1.5,
            "avg_cpu_percent": 0.5,
        },
    ),
}
"""What can be updated, by path: the resource, and a record with everything filled in."""

CLEARED = {
    "/files": {"st_mtime"},
    "/user_data": {"data"},
    "/local_schedulers": {"memory", "num_cpus"},
    "/slurm_schedulers": {
        *("name", "gres", "mem", "ntasks_per_node", "partition", "qos", "tmp", "extra"),
    },
    "/compute_nodes": {
        *("duration_seconds", "time_limit", "scheduler_config_id", "scheduler"),
        *("peak_cpu_percent", "avg_cpu_percent", "peak_memory_bytes", "avg_memory_bytes"),
        "sample_count",
    },
    "/ro_crate_entities": {"file_id"},
    "/results": {"peak_memory_bytes", "avg_memory_bytes", "peak_cpu_percent", "avg_cpu_percent"},
}
"""The fields that may be empty."""


def valued(record):
    """Return a record without the nulls that stand for nothing."""
    return {name: value for name, value in record.items() if value is not None}


each_resource = pytest.mark.parametrize("path", FULL)


@pytest.fixture
def record(call, workflow_id, path):
    """A record of the kind, and its address."""
    body = FULL[path][1] | {"workflow_id": workflow_id}
    if path == "/results":
        job = {"workflow_id": workflow_id, "name": "j", "command": "true"}
        body["job_id"] = call("POST", "/jobs", job).body["id"]
        node = NODE | {"workflow_id": workflow_id}
        body["compute_node_id"] = call("POST", "/compute_nodes", node).body["id"]
    if path == "/ro_crate_entities":
        file = {"workflow_id": workflow_id, "name": "f", "path": "f"}
        body["file_id"] = call("POST", "/files", file).body["id"]
    reply = call("POST", path, body)
    assert reply.status == 200, reply.text
    return f"{path}/{reply.body['id']}", reply.body


def test_every_resource_that_can_be_updated_is_here():
    updated = {
        path for route in CRUD_RESOURCES for path in route.paths if "PUT" in route.http_methods
    }

    assert updated == {f"{path}/{{record_id:int}}" for path in FULL}


@each_resource
def test_null_clears_what_may_be_empty_and_nothing_else(call, path, record):
    address, before = record
    fields = FULL[path][0].patch.__struct_fields__
    cleared = CLEARED.get(path, set())

    after = call("PUT", address, dict.fromkeys(fields)).body

    assert valued(after) == {key: value for key, value in before.items() if key not in cleared}
    assert call("GET", address).body == after
    assert call("PUT", address, before).body == before


@each_resource
def test_each_field_is_cleared_alone(call, path, record):
    address, before = record
    for name in CLEARED.get(path, ()):
        after = call("PUT", address, {name: None}).body

        assert valued(after) == {key: value for key, value in before.items() if key != name}
        assert call("PUT", address, {name: before[name]}).body == before


@each_resource
def test_what_is_left_out_stays(call, path, record):
    address, before = record

    assert call("PUT", address, {}).body == before


@each_resource
def test_sending_back_what_was_read_changes_nothing(call, path, record):
    address, before = record
    cleared = call("PUT", address, dict.fromkeys(CLEARED.get(path, ()))).body
    fields = dict.fromkeys(FULL[path][0].mapping.wire.__struct_fields__)

    assert call("PUT", address, fields | cleared).body == cleared
    call("PUT", address, before)
    assert call("PUT", address, fields | before).body == before


def test_a_job_from_a_list_keeps_what_the_list_left_out(call, workflow_id):
    own = {"workflow_id": workflow_id}
    file = call("POST", "/files", own | {"name": "f", "path": "f"}).body["id"]
    data = call("POST", "/user_data", own | {"name": "d"}).body["id"]
    upstream = call("POST", "/jobs", own | {"name": "u", "command": "true"}).body["id"]
    full = {"name": "j", "command": "true", "depends_on_job_ids": [upstream]}
    full |= {"input_file_ids": [file], "input_user_data_ids": [data], "scheduler_id": 9}
    full |= {"invocation_script": "bash", "env": {"A": "1"}, "priority": 3}
    job = call("POST", "/jobs", own | full).body["id"]
    before = call("GET", f"/jobs/{job}").body
    listed = call("GET", "/jobs", workflow_id=workflow_id, name="j").body["items"][0]
    assert "depends_on_job_ids" not in listed

    everything = dict.fromkeys([*before, "failure_handler_id", "origin", "start_time", "status"])
    assert call("PUT", f"/jobs/{job}", everything | listed).status == 200

    assert call("GET", f"/jobs/{job}").body == before
    call("PUT", f"/jobs/{job}", {"scheduler_id": None, "name": "renamed"})
    assert call("GET", f"/jobs/{job}").body == before | {"name": "renamed"}


def test_a_workflow_keeps_what_null_would_clear(call):
    settings = {"description": "d", "project": "p", "env": {"A": "1"}, "metadata": '{"a": 1}'}
    workflow = call.make_workflow(**settings, slurm_defaults='{"b": 2}')
    before = call("GET", f"/workflows/{workflow}").body

    assert call("PUT", f"/workflows/{workflow}", dict.fromkeys(before)).body == before


@pytest.mark.parametrize("data", [None, [], 0, False, "", {"data": None}])
def test_the_data_of_an_event_is_kept_as_it_is(call, workflow_id, data):
    event = {"workflow_id": workflow_id, "timestamp": 0, "data": data}
    created = call("POST", "/events", event).body
    path = f"/events/{created['id']}"

    assert created["data"] == data
    assert call("GET", path).body == created
    assert call("GET", "/events", workflow_id=workflow_id).body["items"] == [created]
    assert call("PUT", path, {"a": 1}).body["data"] == {"a": 1}
    assert call("PUT", path, created).body == created
    assert call("PUT", path, json.dumps(data).encode()).body == created


def test_an_event_needs_data(call, workflow_id):
    refused = call("POST", "/events", {"workflow_id": workflow_id, "timestamp": 0})

    assert (refused.status, refused.problem["field"]) == (400, "data")
