"""What follows in the same transaction when a plain record was written.

Each function takes the connection, the record before the change or None, the record now, and the
time.
"""

from __future__ import annotations

from sqlalchemy import Connection

from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.event import Event
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_server.rules import events
from torc_server.rules.attempts import leases
from torc_server.storage import tables


def record_edit(
    connection: Connection,
    before: ResourceRequirements | None,
    after: ResourceRequirements,
    now_ms: int,
) -> None:
    """Tell of edits: jobs that wait may fit now."""
    if before is not None:
        data = {"action": "update_resource_requirements", "resource_requirements_id": after.id}
        events.record(connection, after.workflow_id, "user_action", data, now_ms=now_ms)


def record_node(
    connection: Connection, before: ComputeNode | None, after: ComputeNode, now_ms: int
) -> None:
    """Tell that a node started, or that it stopped; what it held then is ready for others."""
    stopped = before is not None and before.is_active is not False and after.is_active is False
    if before is not None and not stopped:
        return
    data = {
        "compute_node_id": after.id,
        "hostname": after.hostname,
        "compute_node_type": after.compute_node_type,
    }
    happened = [("compute_node_stopped" if stopped else "compute_node_started", data)]
    if stopped and after.id is not None:
        happened += leases.take_from(connection, after.id, now_ms=now_ms)
    events.record_many(connection, after.workflow_id, happened, now_ms=now_ms)


def record_allocation(
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


def make_latest(connection: Connection, before: Result | None, after: Result, _now_ms: int) -> None:
    """Let a result that was written by hand stand for its job."""
    if before is None:
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
    """Have streams look for an event that a client wrote."""
    events.touch(connection, after.workflow_id)
