"""Terminated jobs run again when their workflow is started the next time.

An interrupted job kept its dependents waiting. One that was terminated for a reason of its own,
such as its runtime, had them canceled: they wait again.
"""

from __future__ import annotations

from operator import and_, or_

from sqlalchemy import Connection, exists, select

from torc_core.graph import SharedRows, mark_downstream
from torc_core.model.status import JobStatus
from torc_server.rules import actions
from torc_server.rules.dependencies.inputs import Inputs
from torc_server.rules.dependencies.propagation import expect_completion, release_stuck
from torc_server.rules.initialize import place_jobs
from torc_server.storage import tables
from torc_server.storage.tables.workflow import WorkflowRow

_job = tables.job


def resume_terminated(conn: Connection, workflow: WorkflowRow, *, now_ms: int) -> int:
    """Make terminated jobs ready again, with those that were canceled because of them.

    Results stay; a job with a result in this run gets a new attempt.

    Returns:
        How many jobs run again.
    """
    has_terminated = exists().where(
        _job.c.workflow_id == workflow.id, _job.c.status == JobStatus.TERMINATED.number
    )
    if not conn.execute(select(has_terminated)).scalar_one():
        return 0
    placed = place_jobs(conn, workflow, _choose, now_ms=now_ms)
    expect_completion(conn, workflow.id)
    actions.recount(conn, workflow.id)
    release_stuck(conn, workflow.id, run_id=workflow.run_id, now_ms=now_ms)
    return len(placed.jobs)


def _choose(inputs: Inputs, needed: SharedRows) -> bytes:
    """Return 1 for each terminated job, and for canceled ones downstream of them."""
    terminated = inputs.having({JobStatus.TERMINATED})
    canceled = map(and_, mark_downstream(needed, terminated), inputs.having({JobStatus.CANCELED}))
    return bytes(map(or_, terminated, canceled))
