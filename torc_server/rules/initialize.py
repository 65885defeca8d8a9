"""Initializing a workflow: which jobs depend on which, and which are ready.

Files and user data that pass between jobs become dependencies. A job that completed, failed, was
canceled or disabled, or is held by a runner stays as it is, unless it is to run again: after a
reset of that job, or of one upstream with `only_uninitialized`.

A pending job that no runner of ours has claimed becomes ready again: a client without tokens may
have abandoned it, and nothing would ever tell. If that client is there after all, it may be refused
the start, as with the reference. What our runners have claimed stays theirs as long as they live:
they may be starting it at this moment, and it would run twice.

A job whose node is deregistered is lost, see `attempts.lost.abandoned`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import gt, or_
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, update

from torc_core.graph import SharedRows
from torc_core.model.events.types import WorkflowReinitialized, WorkflowStarted
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import INITIALIZE, INITIALIZE_NEW, JobStatus
from torc_core.model.workflow import Message
from torc_server.rules import actions
from torc_server.rules.attempts.lost.abandoned import lose_abandoned
from torc_server.rules.dependencies.inputs import Inputs
from torc_server.rules.dependencies.placement import Choose, make_plan
from torc_server.rules.dependencies.propagation import (
    complete_if_settled,
    expect_completion,
    release_stuck,
)
from torc_server.rules.events import record
from torc_server.rules.resets import mark_reset
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.tables.workflow import WorkflowRow


class Initialization(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    only_uninitialized: bool = False
    """Initialize only terminated jobs, and uninitialized ones with all downstream of them, even if
    completed, but not running or disabled ones; otherwise all that wait, were terminated, are
    pending_failed, or whose runner is gone. In both cases also the pending ones that a client
    without tokens has claimed."""
    keeps_terminated: bool = False
    """With `only_uninitialized`, leave terminated jobs as they are."""
    clear_ephemeral_user_data: bool = False
    """Clear the values of ephemeral user data."""


ALL = Initialization()


class Placed(NamedTuple):
    """Jobs that were made blocked or ready."""

    jobs: Sequence[JobId]
    is_first: bool
    """Whether no job of the workflow was initialized before."""


def initialize_jobs(
    conn: Connection,
    workflow_id: WorkflowId,
    asked: Initialization = ALL,
    *,
    now_ms: int,
) -> Message:
    """Make the jobs of a workflow blocked or ready, in one transaction.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: Jobs depend on each other in a cycle; nothing was changed.
    """
    workflow = find_workflow(conn, workflow_id)
    clear_data(conn, workflow_id, asked)
    prepare(conn, workflow_id, asked, now_ms=now_ms)
    placed = place_jobs(conn, workflow, choice_of(asked), forgets_results=True, now_ms=now_ms)
    return finish(conn, workflow, asked, placed, now_ms=now_ms)


def prepare(
    conn: Connection, workflow_id: WorkflowId, asked: Initialization, *, now_ms: int
) -> None:
    """Note what is lost, so that it can be placed."""
    if not asked.only_uninitialized:
        lose_abandoned(conn, workflow_id, now_ms=now_ms)


def finish(
    conn: Connection, workflow: WorkflowRow, asked: Initialization, placed: Placed, *, now_ms: int
) -> Message:
    """Do what follows when the jobs are placed: actions, the event, jobs that wait for none."""
    expect_completion(conn, workflow.id)
    actions.restart(conn, workflow.id)
    initialized = WorkflowStarted if placed.is_first else WorkflowReinitialized
    event = initialized(
        run_id=workflow.run_id,
        jobs=len(placed.jobs),
        only_uninitialized=asked.only_uninitialized,
        clear_ephemeral_user_data=asked.clear_ephemeral_user_data,
    )
    record(conn, workflow.id, event, now_ms=now_ms)
    release_stuck(conn, workflow.id, run_id=workflow.run_id, now_ms=now_ms)
    complete_if_settled(conn, workflow.id, run_id=workflow.run_id, now_ms=now_ms)
    return Message(message="Initialized job status", count=len(placed.jobs))


def place_jobs(
    conn: Connection,
    workflow: WorkflowRow,
    choose: Choose,
    *,
    forgets_results: bool = False,
    now_ms: int,
) -> Placed:
    """Work out all dependencies, and make some jobs blocked or ready.

    See `make_plan`; `forgets_results` as for `Plan.pieces`.

    Raises:
        ConflictError: Jobs depend on each other in a cycle; nothing was changed.
    """
    plan = make_plan(conn, workflow, choose)
    for write in plan.pieces(forgets_results=forgets_results):
        write(conn, now_ms)
    return Placed(plan.jobs, plan.inputs.is_new)


def choice_of(asked: Initialization) -> Choose:
    """Return what chooses the jobs that are initialized."""
    return partial(_choose, asked)


def clear_data(conn: Connection, workflow_id: WorkflowId, asked: Initialization) -> None:
    """Clear the values of ephemeral user data, if that is asked for."""
    if not asked.clear_ephemeral_user_data:
        return
    table = tables.user_data
    conn.execute(
        update(table)
        .where(table.c.workflow_id == workflow_id, table.c.is_ephemeral)
        .values(data=None)
    )


def _choose(asked: Initialization, inputs: Inputs, needed: SharedRows) -> bytes:
    """Return 1 for each job to initialize."""
    pending = inputs.having({JobStatus.PENDING})
    unattended = map(gt, pending, inputs.held)
    if not asked.only_uninitialized:
        return bytes(map(or_, unattended, mark_reset(INITIALIZE, inputs, needed)))
    chosen = bytes(map(or_, unattended, mark_reset(INITIALIZE_NEW, inputs, needed)))
    if asked.keeps_terminated:
        return chosen
    return bytes(map(or_, chosen, inputs.having({JobStatus.TERMINATED})))
