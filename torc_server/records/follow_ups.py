"""What follows in the same transaction after a record was written.

Each function takes the connection, the record before the change or None, the record now, and the
time.
"""

from __future__ import annotations

from sqlalchemy import Connection

from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.events.event import Event
from torc_core.model.events.types import (
    ComputeNodeStarted,
    ComputeNodeStopped,
    ResourceRequirementsUpdated,
    SchedulerNodeCreated,
)
from torc_core.model.ids import id_of
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_server.rules import events
from torc_server.rules.attempts.lost import leases
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.sizes import note_deletion


def record_edit(
    connection: Connection,
    before: ResourceRequirements | None,
    after: ResourceRequirements,
    now_ms: int,
) -> None:
    """Record updates: waiting jobs may fit now."""
    if before is not None:
        updated = ResourceRequirementsUpdated(
            resource_requirements_id=id_of(after),
            run_id=find_workflow(connection, after.workflow_id).run_id,
        )
        events.record(connection, after.workflow_id, updated, now_ms=now_ms)


def record_node(
    connection: Connection, before: ComputeNode | None, after: ComputeNode, now_ms: int
) -> None:
    """Record that a node was registered or deregistered; its jobs are then ready for others."""
    started = before is None and after.is_active is not False
    stopped = before is not None and before.is_active is not False and after.is_active is False
    if not (started or stopped):  # one that is created inactive belongs to the past
        return
    kind = ComputeNodeStopped if stopped else ComputeNodeStarted
    event = kind(
        compute_node_id=id_of(after),
        hostname=after.hostname,
        compute_node_type=after.compute_node_type,
    )
    if isinstance(event, ComputeNodeStopped):
        leases.stop_node(connection, after.workflow_id, event, now_ms=now_ms)
    else:
        events.record(connection, after.workflow_id, event, now_ms=now_ms)


def record_allocation(
    connection: Connection,
    before: ScheduledComputeNode | None,
    after: ScheduledComputeNode,
    now_ms: int,
) -> None:
    """Record new allocations."""
    if before is None:
        created = SchedulerNodeCreated(
            scheduled_compute_node_id=id_of(after),
            scheduler_id=after.scheduler_id,
            scheduler_config_id=after.scheduler_config_id,
            scheduler_type=after.scheduler_type,
            status=after.status,
        )
        events.record(connection, after.workflow_id, created, now_ms=now_ms)


def make_latest(connection: Connection, before: Result | None, after: Result, _now_ms: int) -> None:
    """Make a result that a client created the latest one of its job; note that one is changed."""
    if before is not None:
        note_deletion(connection, after.workflow_id)
    else:
        latest = tables.latest_result
        connection.execute(latest.delete().where(latest.c.job_id == after.job_id))
        connection.execute(
            latest.insert().values(
                workflow_id=after.workflow_id, job_id=after.job_id, result_id=after.id
            )
        )


def wake_followers(
    connection: Connection, _before: Event | None, after: Event, _now_ms: int
) -> None:
    """Notify streams of an event that a client created."""
    events.touch(connection, after.workflow_id)
