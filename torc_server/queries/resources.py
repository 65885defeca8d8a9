"""The plain records of a workflow, and what is particular about each."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from sqlalchemy import Connection, exists, or_, select, true

from torc_core.errors import UsageError
from torc_core.model.artifact import FilePatch, UserDataPatch
from torc_core.model.compute import (
    ComputeNode,
    ComputeNodePatch,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.event import EVENT_SEVERITY, Event, Severity
from torc_core.model.resources import (
    DEFAULT_REQUIREMENTS,
    FailureHandler,
    FailureRule,
    LocalSchedulerPatch,
    ResourceRequirements,
    ResourceRequirementsPatch,
    SlurmSchedulerPatch,
)
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.units import parse_duration, parse_memory
from torc_server import mapping, tables
from torc_server.queries.records import Filter, Resource, Values, equals
from torc_server.rules import events

_file, _user_data, _job = tables.file.c, tables.user_data.c, tables.job.c
_node, _result, _event = tables.compute_node.c, tables.result.c, tables.event.c
_requirements = tables.resource_requirements.c

_EVENT_TYPE = re.compile(r"[a-z0-9_]{1,64}")
"""A type stands on a line of its own in the stream."""


def _check_requirements(
    before: ResourceRequirements | None, values: Values, _now_ms: int
) -> Values:
    """Refuse the reserved name and impossible counts; add memory and runtime as numbers."""
    name = values.get("name")
    was_reserved = before is not None and before.name == DEFAULT_REQUIREMENTS
    if name is not None and (name == DEFAULT_REQUIREMENTS) != was_reserved:
        raise UsageError(
            f"The name {DEFAULT_REQUIREMENTS!r} belongs to the requirements that every workflow "
            "has.",
            hint="Choose another name.",
            field="name",
            value=name,
        )
    for field, least in (("num_cpus", 1), ("num_nodes", 1), ("num_gpus", 0)):
        if values.get(field, least) < least:
            raise UsageError(
                f"{field} is {values[field]}; it must be at least {least}.",
                field=field,
                value=values[field],
            )
    if "memory" in values:
        values["memory_bytes"] = parse_memory(values["memory"])
    if "runtime" in values:
        values["runtime_s"] = parse_duration(values["runtime"])
    return values


def _record_edit(
    connection: Connection,
    before: ResourceRequirements | None,
    after: ResourceRequirements,
    now_ms: int,
) -> None:
    """Tell of edits: jobs that wait may fit now."""
    if before is not None:
        data = {"action": "update_resource_requirements", "resource_requirements_id": after.id}
        events.record(connection, after.workflow_id, "user_action", data, now_ms=now_ms)


def _check_rules(_before: FailureHandler | None, values: Values, _now_ms: int) -> Values:
    """Refuse rules that a runner could not read."""
    try:
        msgspec.json.decode(values["rules"], type=list[FailureRule])
    except msgspec.DecodeError as error:
        raise UsageError(
            f"The rules of the failure handler {values['name']!r} cannot be read: {error}.",
            hint='Write a JSON list such as [{"exit_codes": [1], "max_retries": 3}].',
            field="rules",
        ) from error
    return values


def _check_node(_before: ComputeNode | None, values: Values, _now_ms: int) -> Values:
    if "time_limit" in values:
        parse_duration(values["time_limit"])
    return values


def _record_node(
    connection: Connection, before: ComputeNode | None, after: ComputeNode, now_ms: int
) -> None:
    """Tell that a node started, or that it stopped."""
    stopped = before is not None and before.is_active is not False and after.is_active is False
    if before is not None and not stopped:
        return
    data = {
        "compute_node_id": after.id,
        "hostname": after.hostname,
        "compute_node_type": after.compute_node_type,
    }
    event_type = "compute_node_stopped" if stopped else "compute_node_started"
    events.record(connection, after.workflow_id, event_type, data, now_ms=now_ms)


def _record_allocation(
    connection: Connection,
    before: ScheduledComputeNode | None,
    after: ScheduledComputeNode,
    now_ms: int,
) -> None:
    """Tell of new allocations."""
    if before is None:
        data = {
            "scheduled_compute_node_id": after.id,
            "scheduler_id": after.scheduler_id,
            "scheduler_config_id": after.scheduler_config_id,
            "scheduler_type": after.scheduler_type,
            "status": after.status,
        }
        events.record(connection, after.workflow_id, "scheduler_node_created", data, now_ms=now_ms)


def _make_latest(
    connection: Connection, before: Result | None, after: Result, _now_ms: int
) -> None:
    """Let a result that was written by hand stand for its job."""
    if before is None:
        latest = tables.latest_result
        connection.execute(latest.delete().where(latest.c.job_id == after.job_id))
        connection.execute(
            latest.insert().values(
                workflow_id=after.workflow_id, job_id=after.job_id, result_id=after.id
            )
        )


def _stamp_event(before: Event | None, values: Values, now_ms: int) -> Values:
    """Give an event that a client wrote the server's time, and the type that its data names."""
    if before is not None:
        return values
    data = values.setdefault("data", {})
    named = data.get("type") if isinstance(data, dict) else None
    is_name = isinstance(named, str) and _EVENT_TYPE.fullmatch(named) is not None
    event_type = str(named) if is_name else "user_event"
    severity = EVENT_SEVERITY.get(event_type, Severity.INFO)
    return values | {"timestamp": now_ms, "event_type": event_type, "severity": severity.rank}


def _record_user_event(
    connection: Connection, _before: Event | None, after: Event, _now_ms: int
) -> None:
    events.touch(connection, after.workflow_id)


def _linked(table: Any, key: str, job_id: int) -> Any:
    """Return the ids of files or user data that a job is linked to."""
    return select(table.c[key]).where(table.c.job_id == job_id)


FILE = Resource(
    kind="file",
    mapping=mapping.FILE,
    patch=FilePatch,
    filters={
        "name": equals(_file.name),
        "path": equals(_file.path),
        "produced_by_job_id": Filter(
            type=int,
            condition=lambda job: _file.id.in_(_linked(tables.job_output_file, "file_id", job)),
        ),
        "is_output": Filter(
            type=bool,
            condition=lambda wanted: (
                exists().where(tables.job_output_file.c.file_id == _file.id) == wanted
            ),
        ),
    },
)
USER_DATA = Resource(
    kind="user data",
    mapping=mapping.USER_DATA,
    patch=UserDataPatch,
    filters={
        "name": equals(_user_data.name),
        "is_ephemeral": equals(_user_data.is_ephemeral),
        "consumer_job_id": Filter(
            type=int,
            condition=lambda job: _user_data.id.in_(
                _linked(tables.job_input_user_data, "user_data_id", job)
            ),
        ),
        "producer_job_id": Filter(
            type=int,
            condition=lambda job: _user_data.id.in_(
                _linked(tables.job_output_user_data, "user_data_id", job)
            ),
        ),
    },
)
RESULT = Resource(
    kind="result",
    mapping=mapping.RESULT,
    patch=Result,
    filters={
        "job_id": equals(_result.job_id),
        "run_id": equals(_result.run_id),
        "return_code": equals(_result.return_code),
        "compute_node_id": equals(_result.compute_node_id),
        "status": Filter(type=JobStatus, condition=lambda status: _result.status == status.number),
        "all_runs": Filter(
            type=bool,
            condition=lambda wanted: (
                true() if wanted else _result.id.in_(select(tables.latest_result.c.result_id))
            ),
            default=False,
        ),
    },
    follow_up=_make_latest,
)
EVENT = Resource(
    kind="event",
    mapping=mapping.EVENT,
    filters={
        "category": Filter(
            type=str,
            condition=lambda category: or_(
                _event.event_type == category, _event.data["category"].as_string() == category
            ),
        ),
        "after_timestamp": Filter(type=int, condition=lambda moment: _event.timestamp > moment),
    },
    prepare=_stamp_event,
    follow_up=_record_user_event,
)
RESOURCE_REQUIREMENTS = Resource(
    kind="resource requirements",
    mapping=mapping.RESOURCE_REQUIREMENTS,
    patch=ResourceRequirementsPatch,
    filters={
        "job_id": Filter(
            type=int,
            condition=lambda job: (
                _requirements.id
                == select(_job.resource_requirements_id).where(_job.id == job).scalar_subquery()
            ),
        ),
        "name": equals(_requirements.name),
        "memory": equals(_requirements.memory),
        "num_cpus": equals(_requirements.num_cpus),
        "num_gpus": equals(_requirements.num_gpus),
        "num_nodes": equals(_requirements.num_nodes),
        "runtime": equals(_requirements.runtime_s),
    },
    prepare=_check_requirements,
    follow_up=_record_edit,
    kept=or_(
        _requirements.name == DEFAULT_REQUIREMENTS,
        exists().where(_job.resource_requirements_id == _requirements.id),
    ),
    kept_because="jobs use them, or they are the default of their workflow",
)
FAILURE_HANDLER = Resource(
    kind="failure handler", mapping=mapping.FAILURE_HANDLER, prepare=_check_rules
)
LOCAL_SCHEDULER = Resource(
    kind="local scheduler",
    mapping=mapping.LOCAL_SCHEDULER,
    patch=LocalSchedulerPatch,
    filters={name: equals(tables.local_scheduler.c[name]) for name in ("memory", "num_cpus")},
)
SLURM_SCHEDULER = Resource(
    kind="Slurm scheduler",
    mapping=mapping.SLURM_SCHEDULER,
    patch=SlurmSchedulerPatch,
    filters={
        name: equals(tables.slurm_scheduler.c[name])
        for name in (
            *("name", "account", "gres", "mem", "nodes"),
            *("partition", "qos", "tmp", "walltime"),
        )
    },
)
COMPUTE_NODE = Resource(
    kind="compute node",
    mapping=mapping.COMPUTE_NODE,
    patch=ComputeNodePatch,
    filters={
        "hostname": equals(_node.hostname),
        "is_active": equals(_node.is_active),
        "scheduled_compute_node_id": Filter(
            type=int,
            condition=lambda number: _node.scheduler["scheduler_id"].as_integer() == number,
        ),
    },
    prepare=_check_node,
    follow_up=_record_node,
    kept=or_(
        exists().where(_result.compute_node_id == _node.id),
        exists().where(tables.attempt.c.compute_node_id == _node.id),
    ),
    kept_because="results of jobs name it",
)
SCHEDULED_COMPUTE_NODE = Resource(
    kind="scheduled compute node",
    mapping=mapping.SCHEDULED_COMPUTE_NODE,
    patch=ScheduledComputeNodePatch,
    filters={
        name: equals(tables.scheduled_compute_node.c[name])
        for name in ("scheduler_id", "scheduler_config_id", "status")
    },
    follow_up=_record_allocation,
)
