"""What follows when jobs complete or are reset: others become ready, are canceled, or wait.

All of it happens in the transaction of the change itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, and_, bindparam, select, update

from torc_core.model.action import TriggerType
from torc_core.model.events.jobs import (
    JobCanceled,
    JobReady,
)
from torc_core.model.events.record import (
    EventRecord,
)
from torc_core.model.events.types import (
    WorkflowCompleted,
)
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import SETTLED, UNSUCCESSFUL, JobStatus
from torc_server.rules import actions
from torc_server.rules.events import record, record_many
from torc_server.rules.workflows import has_open_jobs
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_job = tables.job
_sets = tables.dependency_set
_members = tables.dependency_set_member

_BLOCKED = JobStatus.BLOCKED.number
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_CONTAINING = Prepared(
    select(_members.c.set_id, _members.c.job_id).where(_members.c.job_id.in_(_IDS))
)
_counted = (
    update(_sets)
    .where(_sets.c.id == bindparam("set_id"))
    .values(
        remaining=_sets.c.remaining + bindparam("d_remaining"),
        unsuccessful=_sets.c.unsuccessful + bindparam("d_unsuccessful"),
    )
)
_COUNT = Prepared(_counted)
_COUNT_ONE = Prepared(_counted.returning(_sets.c.id, _sets.c.remaining, _sets.c.unsuccessful))
"""For one set in one statement: along a chain of jobs there is one after the other."""
_EMPTIED = Prepared(
    select(_sets.c.id, _sets.c.unsuccessful).where(_sets.c.id.in_(_IDS), _sets.c.remaining == 0)
)
_STUCK = (
    select(_sets.c.id, _sets.c.unsuccessful)
    .join(_job, _job.c.dependency_set_id == _sets.c.id)
    .where(
        _sets.c.workflow_id == bindparam("workflow_id"),
        _sets.c.remaining == 0,
        _job.c.status == _BLOCKED,
    )
    .distinct()
)
_IS_TO_BE_CANCELED = and_(_job.c.status == _BLOCKED, _job.c.cancel_on_blocking_job_failure)
_failed = select(_sets.c.id).where(_sets.c.id.in_(_IDS)).cte("failed", recursive=True)
_failed = _failed.union(
    select(_sets.c.id)
    .select_from(_failed)
    .join(_job, _job.c.dependency_set_id == _failed.c.id)
    .join(_members, _members.c.job_id == _job.c.id)
    .join(_sets, _sets.c.id == _members.c.set_id)
    .where(_IS_TO_BE_CANCELED, _sets.c.remaining == 1)
)
_DOOMED = Prepared(
    select(_job.c.id, _job.c.name)
    .select_from(_failed)
    .join(_job, _job.c.dependency_set_id == _failed.c.id)
    .where(_IS_TO_BE_CANCELED)
)
"""Jobs to cancel, by sets that have failed: along a chain all of them, as sets that wait for no
other job fail with it."""
_CANCEL = Prepared(update(_job).where(_job.c.id.in_(_IDS)).values(status=JobStatus.CANCELED.number))
_RELEASE = Prepared(
    update(_job)
    .where(_job.c.dependency_set_id.in_(_IDS), _job.c.status == _BLOCKED)
    .values(status=JobStatus.READY.number)
    .returning(_job.c.id, _job.c.name)
)
_RECORD_COMPLETION = Prepared(
    update(tables.workflow)
    .where(
        tables.workflow.c.id == bindparam("of_workflow"),
        tables.workflow.c.completion_recorded.is_(False),
    )
    .values(completion_recorded=True)
)
_RESET_COMPLETION = (
    update(tables.workflow)
    .where(tables.workflow.c.id == bindparam("of_workflow"))
    .values(completion_recorded=False)
)


class Change(NamedTuple):
    """A job went from one status to another."""

    job_id: JobId
    before: JobStatus
    after: JobStatus


def propagate(
    conn: Connection,
    workflow_id: WorkflowId,
    changes: Sequence[Change],
    *,
    run_id: int,
    now_ms: int,
) -> None:
    """Update a workflow's other jobs after changes of status that are already stored.

    Events are recorded for those other jobs, not for the changes themselves.
    """
    _follow(conn, workflow_id, changes, count_changes(conn, changes), run_id=run_id, now_ms=now_ms)


def release_stuck(conn: Connection, workflow_id: WorkflowId, *, run_id: int, now_ms: int) -> None:
    """Make blocked jobs ready, or cancel them, that wait for no other job any longer."""
    rows = conn.execute(_STUCK, {"workflow_id": workflow_id})
    stuck = [(row.id, row.unsuccessful) for row in rows]
    _follow(conn, workflow_id, (), stuck, run_id=run_id, now_ms=now_ms)


def count_changes(conn: Connection, changes: Iterable[Change]) -> list[tuple[int, int]]:
    """Adjust the counters of the sets around changed jobs.

    Returns:
        Of those sets the ones without remaining members: id and number of unsuccessful members.
    """
    weights = {
        change.job_id: (
            (change.after not in SETTLED) - (change.before not in SETTLED),
            (change.after in UNSUCCESSFUL) - (change.before in UNSUCCESSFUL),
        )
        for change in changes
    }
    counted: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for set_id, job_id in _CONTAINING.all_of(conn, weights):
        total = counted[set_id]
        remaining, unsuccessful = weights[job_id]
        total[0] += remaining
        total[1] += unsuccessful
    if not counted:
        return []
    steps = [
        {"set_id": set_id, "d_remaining": remaining, "d_unsuccessful": unsuccessful}
        for set_id, (remaining, unsuccessful) in counted.items()
        if remaining or unsuccessful
    ]
    if len(counted) == len(steps) == 1:
        rows = _COUNT_ONE.all(conn, **steps[0])
        return [(row.id, row.unsuccessful) for row in rows if not row.remaining]
    _COUNT.run_each(conn, steps)
    return [(row.id, row.unsuccessful) for row in _EMPTIED.all_of(conn, counted)]


def complete_if_settled(
    conn: Connection, workflow_id: WorkflowId, *, run_id: int, now_ms: int
) -> None:
    """Record, once per initialize, that all jobs of a workflow are complete."""
    if has_open_jobs(conn, workflow_id):
        return
    if _RECORD_COMPLETION.run(conn, of_workflow=workflow_id):
        actions.trigger(conn, workflow_id, TriggerType.ON_WORKFLOW_COMPLETE)
        record(conn, workflow_id, WorkflowCompleted(run_id=run_id), now_ms=now_ms)


def expect_completion(conn: Connection, workflow_id: WorkflowId) -> None:
    """Have the next completion of a workflow recorded: something in it is to run again."""
    conn.execute(_RESET_COMPLETION, {"of_workflow": workflow_id})


def _follow(
    conn: Connection,
    workflow_id: WorkflowId,
    changes: Sequence[Change],
    emptied: Sequence[tuple[int, int]],
    *,
    run_id: int,
    now_ms: int,
) -> None:
    canceled: dict[JobId, str] = {}
    released: list[int] = []
    while emptied:
        released += [set_id for set_id, _ in emptied]
        failed_sets = [set_id for set_id, unsuccessful in emptied if unsuccessful]
        dropped = dict(_DOOMED.all_of(conn, failed_sets))
        _CANCEL.run_of(conn, dropped)
        canceled |= dropped
        emptied = count_changes(
            conn, [Change(job_id, JobStatus.BLOCKED, JobStatus.CANCELED) for job_id in dropped]
        )
    ready = dict(_RELEASE.all_of(conn, released))
    counting = actions.counting_types(conn, workflow_id)
    if counting:
        followed = [Change(job_id, JobStatus.BLOCKED, JobStatus.CANCELED) for job_id in canceled]
        followed += [Change(job_id, JobStatus.BLOCKED, JobStatus.READY) for job_id in ready]
        for trigger_type in counting:
            actions.count(conn, trigger_type, [*changes, *followed])
    events: list[EventRecord] = [
        JobCanceled(job_id=job_id, job_name=name, status=JobStatus.CANCELED, run_id=run_id)
        for job_id, name in canceled.items()
    ]
    events += [
        JobReady(job_id=job_id, job_name=name, run_id=run_id) for job_id, name in ready.items()
    ]
    has_work = bool(ready or counting) or any(c.after is JobStatus.READY for c in changes)
    record_many(conn, workflow_id, events, now_ms=now_ms, concerns_runners=has_work)
    if any(change.after not in SETTLED for change in changes if change.before in SETTLED):
        expect_completion(conn, workflow_id)
    elif canceled or any(change.after in SETTLED for change in changes):
        complete_if_settled(conn, workflow_id, run_id=run_id, now_ms=now_ms)
