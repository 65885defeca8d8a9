"""Resuming a workflow: all that has not completed runs again, disabled jobs excepted.

A hot resume leaves what runs. A cold one first has the runners stop, and waits until their jobs
have ended; so its client repeats the request. What does not answer can be given up. Of two clients
that resume at once, one wins, and the reply to the other names it.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, distinct, func, select, update

from torc_core.errors import ConflictError, UsageError
from torc_core.graph import SharedRows
from torc_core.model.exchange import Shutdown
from torc_core.model.ids import WorkflowId
from torc_core.model.records.workflow_run import (
    ResumeReply,
    ResumeRequest,
    RunKind,
    RunStatus,
    WorkflowRun,
)
from torc_core.model.status import RESUME
from torc_server.rules import actions
from torc_server.rules.completion_status import is_uninitialized
from torc_server.rules.dependencies.inputs import Inputs
from torc_server.rules.dependencies.propagation import (
    complete_if_settled,
    expect_completion,
    release_stuck,
)
from torc_server.rules.events import touch
from torc_server.rules.initialize import place_jobs
from torc_server.rules.resets import mark_reset
from torc_server.rules.runs import settle
from torc_server.rules.runs.records import (
    IS_LIVE,
    change_run,
    create_run,
    end_run,
    find_repeated,
    find_runs,
    get_run,
    keep_alive,
    record_start,
)
from torc_server.rules.runs.rivals import refuse_rivals
from torc_server.rules.runs.start import refuse_archived
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

_job = tables.job
_attempt = tables.attempt
_node = tables.compute_node

_HELD = select(func.count(distinct(_attempt.c.job_id))).where(
    _attempt.c.workflow_id == bindparam("workflow_id"), _attempt.c.ended_at.is_(None)
)
_FRESH = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)))
    .values(uncounted_attempts=_job.c.attempt_id - 1)
)


def resume_workflow(
    conn: Connection, workflow_id: WorkflowId, request: ResumeRequest, *, now_ms: int
) -> ResumeReply:
    """Resume a workflow, or go on with a cold resume that waits.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: The kind is not one of a resume.
        ConflictError: It is archived or was never started; another client has resumed it; or this
            resume has ended.
    """
    workflow = find_workflow(conn, workflow_id)
    refuse_archived(workflow)
    run = find_repeated(conn, workflow_id, request.key, now_ms=now_ms)
    if run is None:
        run = _begin(conn, workflow_id, request, now_ms=now_ms)
    elif run.ended_at is not None:
        raise ConflictError(
            f"The resume of workflow {workflow_id} has ended: {run.reason or run.status}.",
            hint=f"Begin another one: torc workflows resume {workflow_id}",
        )
    elif run.status != RunStatus.RESUMING:
        return ResumeReply(run=run)
    keep_alive(conn, run.id, now_ms=now_ms)
    settled = _settle(conn, run, request, now_ms=now_ms)
    waiting = 0
    if run.kind == RunKind.COLD_RESUME:
        waiting = int(conn.execute(_HELD, {"workflow_id": workflow_id}).scalar_one())
    resumed = 0 if waiting else _go(conn, run, now_ms=now_ms)
    return ResumeReply(
        run=get_run(conn, run.id, now_ms=now_ms),
        waiting_jobs=waiting,
        settled_jobs=settled,
        resumed_jobs=resumed,
    )


def _begin(
    conn: Connection, workflow_id: WorkflowId, request: ResumeRequest, *, now_ms: int
) -> WorkflowRun:
    """Record a resume; a cold one has all runners stop."""
    if request.kind is RunKind.START:
        raise UsageError(
            "A resume is hot or cold.",
            hint="Use hot_resume or cold_resume; start_workflow starts one.",
            field="kind",
            value=request.kind.value,
        )
    refuse_rivals(conn, workflow_id, request.age_seconds, now_ms=now_ms)
    if is_uninitialized(conn, workflow_id):
        raise ConflictError(
            f"Workflow {workflow_id} is not started, so it cannot be resumed.",
            hint=f"Start it: torc run {workflow_id}",
        )
    workflow = find_workflow(conn, workflow_id)
    run_id = create_run(conn, workflow, request, request.kind, RunStatus.RESUMING, now_ms=now_ms)
    if request.kind is RunKind.COLD_RESUME:
        reason = f"the workflow is resumed by {request.user}"
        active = (_node.c.workflow_id == workflow_id) & _node.c.is_active
        asked = update(_node).where(active)
        conn.execute(asked.values(shutdown=Shutdown.STOP.value, shutdown_reason=reason))
        touch(conn, workflow_id)
    return get_run(conn, run_id, now_ms=now_ms)


def _settle(conn: Connection, run: WorkflowRun, request: ResumeRequest, *, now_ms: int) -> int:
    """Give up what will not end by itself, and return how many jobs that were.

    A hot resume leaves what the next runner of the machine can adopt.
    """
    is_cold = run.kind == RunKind.COLD_RESUME
    if request.force_cleanup and is_cold:
        return settle.give_up_all(conn, run.workflow_id, now_ms=now_ms)
    if request.force_cleanup:
        return settle.give_up_silent(conn, run.workflow_id, now_ms=now_ms)
    if is_cold:
        gone = [
            other.compute_node_id
            for other in find_runs(conn, run.workflow_id, IS_LIVE, now_ms=now_ms)
            if other.id in request.gone_run_ids and other.compute_node_id is not None
        ]
        return settle.give_up_nodes(conn, run.workflow_id, gone, now_ms=now_ms)
    return 0


def _go(conn: Connection, run: WorkflowRun, *, now_ms: int) -> int:
    """Have everything run again that has not completed, and return how many jobs that is."""
    is_cold = run.kind == RunKind.COLD_RESUME
    workflow = find_workflow(conn, run.workflow_id)
    number = workflow.run_id + is_cold
    own = update(tables.workflow).where(tables.workflow.c.id == workflow.id)
    conn.execute(own.values(is_canceled=False, run_id=number))
    workflow = find_workflow(conn, workflow.id)
    jobs = place_jobs(conn, workflow, _choose, now_ms=now_ms).jobs
    _FRESH.run_of(conn, jobs)
    if jobs:
        expect_completion(conn, workflow.id)
    (actions.restart if is_cold else actions.recount)(conn, workflow.id)
    change_run(conn, run.id, RunStatus.PENDING, number)
    if is_cold:
        for other in find_runs(conn, workflow.id, IS_LIVE, now_ms=now_ms):
            if other.id != run.id:
                reason = f"replaced by run record {run.id}"
                end_run(conn, other, RunStatus.REPLACED, None, reason, now_ms=now_ms)
    record_start(conn, workflow.id, replace(run, run_id=number), len(jobs), now_ms=now_ms)
    release_stuck(conn, workflow.id, run_id=number, now_ms=now_ms)
    complete_if_settled(conn, workflow.id, run_id=number, now_ms=now_ms)
    return len(jobs)


def _choose(inputs: Inputs, needed: SharedRows) -> bytes:
    return mark_reset(RESUME, inputs, needed)
