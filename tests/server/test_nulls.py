"""Null for a field that may be left out is as good as leaving it out, wherever records are made."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.action import WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.records.access import AccessGroup
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.workflow import Workflow
from torc_server.edge import nulls

NODE = {
    "hostname": "h",
    "pid": 1,
    "start_time": "2026-01-01T00:00:00Z",
    "num_cpus": 2,
    "memory_gb": 4,
    "num_gpus": 0,
    "num_nodes": 1,
    "compute_node_type": "local",
}
ALLOCATION = {
    "scheduler_id": 7,
    "scheduler_config_id": 1,
    "scheduler_type": "slurm",
    "status": "pending",
}
ACTION = {
    "trigger_type": "on_workflow_start",
    "action_type": "run_commands",
    "action_config": {"commands": []},
}
CREATED = {
    "/workflows": (Workflow, {"name": "w", "user": "u"}),
    "/jobs": (Job, {"name": "j", "command": "c"}),
    "/files": (File, {"name": "f", "path": "f"}),
    "/user_data": (UserData, {"name": "d"}),
    "/resource_requirements": (ResourceRequirements, {"name": "r"}),
    "/failure_handlers": (FailureHandler, {"name": "h", "rules": "[]"}),
    "/local_schedulers": (LocalScheduler, {}),
    "/slurm_schedulers": (SlurmScheduler, {"account": "a", "nodes": 1, "walltime": "1"}),
    "/compute_nodes": (ComputeNode, NODE),
    "/scheduled_compute_nodes": (ScheduledComputeNode, ALLOCATION),
    "/workflows/{}/actions": (WorkflowAction, ACTION),
    "/access_groups": (AccessGroup, {"name": "g"}),
}
"""What is created where, and the least that it needs."""

OF_EACH_RECORD = {"id", "timestamp", "status_id", "name", "created_at", "qos"}
"""What differs from record to record; and the QOS, which null leaves empty."""


@pytest.mark.parametrize("path", CREATED)
def test_a_record_made_with_nulls_is_the_one_made_without(call, workflow_id, path):
    kind, least = CREATED[path]
    if path != "/workflows":
        least = {"workflow_id": workflow_id} | least
    if path == "/access_groups":
        least = {"name": f"group {workflow_id}"}
    path = path.format(workflow_id)
    nothing = dict.fromkeys(kind.__struct_fields__) | least

    plain = call("POST", path, least)
    made = call("POST", path, nothing | {"name": f"{least.get('name')} again"})
    each = [
        call("POST", path, least | {name: None, "name": f"{least.get('name')} {name}"})
        for name in nothing.keys() - least.keys()
    ]

    assert (plain.status, made.status) == (200, 200), made.text
    for reply in each:
        assert reply.status == 200, reply.text
        assert content(reply) == content(plain)
    assert content(made) == content(plain)


def content(reply):
    return {
        name: value
        for name, value in reply.body.items()
        if name not in OF_EACH_RECORD and value is not None
    }


def test_nulls_are_left_out_of_records_in_lists(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c"}
    jobs = [job | {"priority": None, "supports_termination": None}, job | {"attempt_id": None}]

    made = call("POST", "/bulk_jobs", {"jobs": jobs})

    assert made.status == 200
    assert [found["attempt_id"] for found in made.body["jobs"]] == [1, 1]
    assert "warning" not in made.headers


def test_null_for_what_is_needed_is_refused_by_name(call, workflow_id):
    job = {"workflow_id": workflow_id, "name": "j", "command": "c", "priority": None}

    for name in ("workflow_id", "name", "command"):
        refused = call("POST", "/jobs", job | {name: None})
        assert (refused.status, refused.problem["field"]) == (400, name)
    refused = call("POST", "/jobs", job | {"attempt_id": "1"})
    assert (refused.status, refused.problem["field"]) == (400, "attempt_id")
    assert call("POST", "/jobs", b"null").status == 400


@given(
    st.dictionaries(
        st.sampled_from([*Job.__struct_fields__, "other"]),
        st.none() | st.integers(0, 9) | st.booleans() | st.text("a", max_size=2),
    )
)
def test_whatever_is_read_is_what_would_be_read_without_nulls(fields):
    decoder = msgspec.json.Decoder(Job)
    without = {name: value for name, value in fields.items() if value is not None}

    def read(values):
        try:
            return nulls.decode(decoder, json.dumps(values).encode(), Job)
        except msgspec.ValidationError as error:
            return str(error).partition(" - ")[0].partition(",")[0]

    found = read(fields)
    if isinstance(found, Job):
        assert found == read(without)
    else:
        assert not isinstance(read(without), Job)
