"""What a server does not keep of records stands in one table, and is refused or said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from core.client.raw_server import RawServer, Received, reply

from torc_core.client import TorcClient
from torc_core.client.fields import FIELDS, Loss, is_kept, stated_fields_beyond
from torc_core.errors import UnsupportedError
from torc_core.model.action import WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.events.event import Event
from torc_core.model.job import Job
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow

SHAPES = json.loads((Path(__file__).parents[2] / "data" / "reference_shapes.json").read_text())
RECORDS = {
    Workflow: "workflow_model",
    Job: "job_model",
    File: "file_model",
    UserData: "user_data_model",
    ResourceRequirements: "resource_requirements_model",
    FailureHandler: "failure_handler_model",
    SlurmScheduler: "slurm_scheduler_model",
    LocalScheduler: "local_scheduler_model",
    WorkflowAction: "workflow_action_model",
    ComputeNode: "compute_node_model",
    ScheduledComputeNode: "scheduled_compute_nodes_model",
    Result: "result_model",
    Event: "event_model",
}
SET_BY_SERVERS = {
    Workflow: {"run_id", "is_archived", "is_canceled", "job_counts"},
    Job: {"origin", "start_time", "compute_node_id", "latest_result", "held_by"},
    WorkflowAction: {"trigger_count", "required_triggers", "is_recovery"},
    ComputeNode: {"suspect_at_ms"},
    Result: {"job_name"},
}


@pytest.mark.parametrize("record", RECORDS)
def test_the_table_has_every_field_that_the_reference_does_not_know(record):
    known = SHAPES["models"][RECORDS[record]]["fields"].keys()
    listed = {each.name for each in FIELDS if each.record is record and not each.is_created}

    beyond = set(record.__struct_fields__) - known - SET_BY_SERVERS.get(record, set())
    assert beyond == listed


@pytest.mark.parametrize("field", FIELDS, ids=lambda each: f"{each.owner}.{each.name}")
def test_a_field_says_what_follows_without_it(field):
    assert field.name in field.record.__struct_fields__
    assert field.sentence
    assert not field.sentence.endswith(".")
    assert field.instead or field.loss is not Loss.REFUSED


def job(name, **fields):
    return Job(workflow_id=1, name=name, command="true", **fields)


def test_records_that_state_a_field_are_named():
    jobs = [job(f"j{n}", env={"A": "b"}) for n in range(5)]
    jobs.append(job("urgent", priority=3))

    env, priority = stated_fields_beyond(Job, jobs)

    assert (
        env.sentence == "env of 5 jobs (j0, j1, j2 and 2 more): the commands lack these variables"
    )
    assert priority.sentence.startswith("priority of job urgent: ")


@pytest.mark.parametrize(
    "fields", [{}, {"env": {}}, {"priority": 0}, {"schedule_compute_nodes": 1}]
)
def test_what_says_nothing_is_not_lost(fields):
    assert stated_fields_beyond(Job, [job("a", **fields)]) == []


@pytest.mark.parametrize(
    ("version", "kept"),
    [("0.12.0 (abc1234)", False), ("0.9", False), ("0.35.0", True), ("1.0.1", True), ("?", False)],
)
def test_later_servers_of_the_reference_keep_what_it_has_gained(version, kept):
    by_name = {each.name: each for each in FIELDS}
    assert is_kept(by_name["env"], version) is kept
    assert not is_kept(by_name["on_lost"], version)


def server_of(version):
    def answer(request: Received) -> bytes:
        if request.target.endswith("/version"):
            return reply(version)
        return reply({"id": 7, **json.loads(request.body)})

    return RawServer(answer)


OURS = {"version": "0.12.0", "api_version": "0.7.0", "capabilities": ["exchange"]}


@pytest.mark.parametrize(
    ("fields", "asked"), [({}, ["POST"]), ({"env": {"A": "b"}}, ["GET", "POST"])]
)
def test_a_server_is_asked_what_it_keeps_only_if_that_matters(fields, asked):
    with server_of(OURS) as server:
        client = TorcClient(server.url)
        assert client.create_job(job("a", **fields)).id == 7
        client.create_job(job("b"))
        client.close()

    assert [each.method for each in server.received] == [*asked, "POST"]


def test_a_program_that_creates_a_job_is_refused_what_would_be_lost():
    with server_of("0.12.0 (abc1234)") as server:
        client = TorcClient(server.url)
        with pytest.raises(UnsupportedError, match="does not keep env of job a") as refused:
            client.create_jobs([job("a", env={"A": "b"}), job("b")])
        assert client.create_job(job("b", priority=3)).id == 7
        client.close()

    assert refused.value.details["fields"] == ["job.env"]
    assert "env NAME=value COMMAND" in refused.value.hint
    assert server.count("POST") == 1
