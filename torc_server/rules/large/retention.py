"""What is old enough to be deleted, where an administrator wants that: events, finished workflows.

The newest event of a workflow stays: it says since when nothing has happened.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, exists, or_, select

from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import EventId, WorkflowId
from torc_core.model.status import ACTIVE
from torc_server.rules.dependencies.settled import IS_OPEN
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.sizes import note_deletion
from torc_server.storage.statements import Prepared

SLICE = 2_000
"""Events that are looked at in one transaction: some 50 ms if all of them go."""

_event = tables.event
_later = tables.event.alias("later")
_workflow = tables.workflow
_node = tables.compute_node
_allocation = tables.scheduled_compute_node
_IDS: BindParameter[int] = bindparam("ids", expanding=True)

_OLDEST = Prepared(
    select(
        _event.c.id,
        _event.c.workflow_id,
        _event.c.timestamp,
        exists()
        .where(_later.c.workflow_id == _event.c.workflow_id, _later.c.id > _event.c.id)
        .label("has_later"),
    )
    .where(_event.c.id > bindparam("after"))
    .order_by(_event.c.id)
    .limit(SLICE)
)
_DELETE = Prepared(delete(_event).where(_event.c.id.in_(_IDS)))

_NEWEST_AT = (
    select(_event.c.timestamp)
    .where(_event.c.workflow_id == _workflow.c.id)
    .order_by(_event.c.id.desc())
    .limit(1)
    .correlate(_workflow)
    .scalar_subquery()
)
_ACTIVE_NUMBERS = [status.number for status in ACTIVE]
_is_own_job = tables.job.c.workflow_id == _workflow.c.id
_IS_FINISHED = and_(
    is_kept(_workflow.c.id),
    or_(
        and_(
            _workflow.c.is_canceled,  # jobs that wait stay so
            ~exists().where(_is_own_job, tables.job.c.status.in_(_ACTIVE_NUMBERS)),
        ),
        and_(_workflow.c.completion_recorded, ~exists().where(_is_own_job, IS_OPEN)),
    ),
    ~exists().where(_node.c.workflow_id == _workflow.c.id, _node.c.is_active),
    ~exists().where(
        _allocation.c.workflow_id == _workflow.c.id,
        _allocation.c.status != AllocationStatus.COMPLETE,
    ),
    bindparam("before") > _NEWEST_AT,
)
_FINISHED = Prepared(select(_workflow.c.id).where(_IS_FINISHED).order_by(_workflow.c.id))
_FINISHED_ONE = Prepared(
    select(_workflow.c.id).where(_workflow.c.id == bindparam("of_workflow"), _IS_FINISHED)
)


class Forgotten(NamedTuple):
    """What a slice has deleted."""

    number: int
    after: EventId | None
    """Where to go on; None if what follows is not old."""


def forget_events(conn: Connection, before_ms: int, after: EventId) -> Forgotten:
    """Delete old events, but for the newest of each workflow, of the next `SLICE` ones.

    Args:
        conn: In a transaction.
        before_ms: Events of earlier times are old, in milliseconds since 1970.
        after: The event after which to begin.
    """
    rows = _OLDEST.all(conn, after=after)
    old = [row for row in rows if row.timestamp < before_ms]
    gone = [row for row in old if row.has_later]
    _DELETE.run_of(conn, [row.id for row in gone])
    for workflow_id in {row.workflow_id for row in gone}:
        note_deletion(conn, workflow_id)
    # Times grow with ids, unless a clock was wrong for some time.
    goes_on = len(rows) == SLICE and old
    return Forgotten(len(gone), rows[-1].id if goes_on else None)


def finished_workflows(conn: Connection, before_ms: int) -> list[WorkflowId]:
    """Return the workflows of which all is over, and in which nothing has happened since a time."""
    return [row.id for row in _FINISHED.all(conn, before=before_ms)]


def is_finished(conn: Connection, workflow_id: WorkflowId, before_ms: int) -> bool:
    """Return whether a workflow is one of these."""
    return bool(_FINISHED_ONE.all(conn, of_workflow=workflow_id, before=before_ms))
