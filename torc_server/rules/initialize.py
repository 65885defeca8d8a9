"""Initializing a workflow: which jobs depend on which, and which are ready.

Files and user data that pass between jobs become dependencies. A job that completed, failed, was
canceled or disabled, or is held by a runner stays as it is, unless it is to run again: after a
reset of that job, or of one upstream with `only_uninitialized`.

A pending job that no runner of ours has claimed becomes ready again: a client without tokens may
have abandoned it, and nothing would ever tell. If that client is there after all, it may be refused
the start, as with the reference. What our runners have claimed stays theirs as long as they live:
they may be starting it at this moment, and it would run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from torc_core.errors import ConflictError
from torc_core.graph import find_cycles
from torc_core.model.events.types import WorkflowReinitialized, WorkflowStarted
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.status import ACTIVE, INITIALIZE, INITIALIZE_NEW, JobStatus
from torc_core.model.workflow import Message
from torc_server.rules import actions
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.dependencies.input_hash import input_hashes
from torc_server.rules.dependencies.inputs import Inputs, dependencies, read_inputs
from torc_server.rules.dependencies.propagation import (
    complete_if_settled,
    expect_completion,
    release_stuck,
)
from torc_server.rules.dependencies.sets import Members, drop_unused, ensure_sets, recount
from torc_server.rules.events import record
from torc_server.rules.jobs import NO_HOLDER
from torc_server.rules.resets import reset_positions
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

_job = tables.job
_attempt = tables.attempt
_result = tables.result
_latest = tables.latest_result

_ACTIVE_NUMBERS = frozenset(status.number for status in ACTIVE)
_SHOWN_NAMES = 10

_GONE = select(tables.compute_node.c.id).where(
    tables.compute_node.c.is_active.is_(False),
    tables.compute_node.c.id.in_(
        select(_job.c.compute_node_id).where(
            _job.c.workflow_id == bindparam("workflow_id"), _job.c.status.in_(_ACTIVE_NUMBERS)
        )
    ),
)

_FIRST = {True: JobStatus.READY.number, False: JobStatus.BLOCKED.number}
"""The first status of a job, by whether it depends on no other."""

_LINK = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(dependency_set_id=bindparam("set_id"))
)
# Only what changes: each column that is set costs the upkeep of its index.
_PLACE = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(status=bindparam("to_status"), input_hash=bindparam("hash"))
)
_TAKE = Prepared(
    update(_job).where(_job.c.id.in_(bindparam("ids", expanding=True))).values(NO_HOLDER)
)
_LOSE = Prepared(
    update(_attempt)
    .where(
        _attempt.c.job_id.in_(bindparam("ids", expanding=True)),
        _attempt.c.ended_at.is_(None),
        # An earlier attempt may be open still: its runner is to stop it.
        exists().where(_job.c.id == _attempt.c.job_id, _job.c.token == _attempt.c.token),
    )
    .values(ended_at=bindparam("now"), outcome=AttemptOutcome.LOST)
)


class Placed(NamedTuple):
    """Jobs that were made blocked or ready."""

    jobs: list[JobId]
    is_first: bool
    """Whether no job of the workflow was initialized before."""


def initialize_jobs(
    conn: Connection,
    workflow_id: WorkflowId,
    *,
    only_uninitialized: bool = False,
    clear_ephemeral_user_data: bool = False,
    now_ms: int,
) -> Message:
    """Make the jobs of a workflow blocked or ready.

    Args:
        conn: The writer's connection.
        workflow_id: The workflow.
        only_uninitialized: Initialize only terminated jobs, and uninitialized ones with all
            downstream of them, even if completed, but not running or disabled ones; otherwise all
            that wait, were terminated, are pending_failed, or whose runner is gone. In both cases
            also the pending ones that a client without tokens has claimed.
        clear_ephemeral_user_data: Clear the values of ephemeral user data.
        now_ms: Now.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: Jobs depend on each other in a cycle; nothing was changed.
    """
    workflow = find_workflow(conn, workflow_id)
    if clear_ephemeral_user_data:
        _clear_ephemeral(conn, workflow_id)
    choose = partial(_choose, conn, workflow_id, only_uninitialized=only_uninitialized)
    placed = place_jobs(conn, workflow, choose, now_ms=now_ms)
    conn.execute(_FORGET_RESULTS, {"of_workflow": workflow_id})
    expect_completion(conn, workflow_id)
    actions.restart(conn, workflow_id)
    initialized = WorkflowStarted if placed.is_first else WorkflowReinitialized
    event = initialized(
        run_id=workflow.run_id,
        jobs=len(placed.jobs),
        only_uninitialized=only_uninitialized,
        clear_ephemeral_user_data=clear_ephemeral_user_data,
    )
    record(conn, workflow_id, event, now_ms=now_ms)
    release_stuck(conn, workflow_id, run_id=workflow.run_id, now_ms=now_ms)
    complete_if_settled(conn, workflow_id, run_id=workflow.run_id, now_ms=now_ms)
    return Message(message="Initialized job status", count=len(placed.jobs))


def place_jobs(
    conn: Connection,
    workflow: WorkflowRow,
    choose: Callable[[Inputs, Sequence[Members]], set[int]],
    *,
    now_ms: int,
) -> Placed:
    """Work out all dependencies, and make some jobs blocked or ready.

    Those that are blocked for no reason, as what they wait for is settled, are released by
    `release_stuck`.

    Args:
        conn: The writer's connection.
        workflow: The workflow.
        choose: Returns the positions of the jobs, given all of them and what they depend on.
        now_ms: Now.

    Raises:
        ConflictError: Jobs depend on each other in a cycle; nothing was changed.
    """
    inputs = read_inputs(conn, workflow.id)
    needed = dependencies(inputs)
    _refuse_cycles(inputs, needed)
    chosen = choose(inputs, needed)
    _store(conn, workflow.id, inputs, needed, chosen)
    held = [inputs.jobs[at].id for at in chosen if inputs.jobs[at].status in _ACTIVE_NUMBERS]
    _TAKE.run_of(conn, held)
    _LOSE.run_of(conn, held, now=now_ms)
    conn.execute(_NEXT_ATTEMPT, {"of_workflow": workflow.id, "in_run": workflow.run_id})
    return Placed(
        jobs=[inputs.jobs[at].id for at in sorted(chosen)],
        is_first=not any(row.input_hash for row in inputs.jobs),
    )


_FORGET_RESULTS = delete(_latest).where(
    _latest.c.workflow_id == bindparam("of_workflow"),
    _latest.c.job_id.in_(
        select(_job.c.id).where(
            _job.c.workflow_id == bindparam("of_workflow"),
            _job.c.status != JobStatus.COMPLETED.number,
        )
    ),
)
_NEXT_ATTEMPT = (
    update(_job)
    .where(
        _job.c.workflow_id == bindparam("of_workflow"),
        _job.c.status.in_((JobStatus.BLOCKED.number, JobStatus.READY.number)),
        exists().where(
            _result.c.job_id == _job.c.id,
            _result.c.run_id == bindparam("in_run"),
            _result.c.attempt_id == _job.c.attempt_id,
        ),
    )
    .values(attempt_id=_job.c.attempt_id + 1)
)
"""A job that has a result in this run gets a new attempt, so that both results are kept."""


def _choose(
    conn: Connection,
    workflow_id: WorkflowId,
    inputs: Inputs,
    needed: Sequence[Members],
    *,
    only_uninitialized: bool,
) -> set[int]:
    """Return the positions of the jobs to initialize."""
    unattended = {
        at
        for at, row in enumerate(inputs.jobs)
        if row.status == JobStatus.PENDING.number and row.compute_node_id is None
    }
    if only_uninitialized:
        terminated = {
            at for at, row in enumerate(inputs.jobs) if row.status == JobStatus.TERMINATED.number
        }
        return unattended | terminated | reset_positions(INITIALIZE_NEW, inputs, needed)
    gone = set(conn.execute(_GONE, {"workflow_id": workflow_id}).scalars())
    abandoned = {
        at
        for at, row in enumerate(inputs.jobs)
        if row.status in _ACTIVE_NUMBERS and row.compute_node_id in gone
    }
    return unattended | abandoned | reset_positions(INITIALIZE, inputs, needed)


def _store(
    conn: Connection,
    workflow_id: WorkflowId,
    inputs: Inputs,
    needed: Sequence[Members],
    chosen: set[int],
) -> None:
    """Store the sets of all jobs, and the status and hash of the chosen ones."""
    ids = [row.id for row in inputs.jobs]
    by_position: dict[int, Members] = {}
    for members in needed:
        if id(members) not in by_position:
            by_position[id(members)] = tuple(ids[position] for position in members)
    all_members = [by_position[id(members)] for members in needed]
    sets = {
        stated: row.dependency_set_id
        for stated, row in zip(inputs.stated, inputs.jobs, strict=True)
        if stated
    }
    new = {members: None for members in all_members if members not in sets}
    sets |= ensure_sets(conn, workflow_id, new, counted=False)
    hashes = input_hashes(inputs, all_members)
    _PLACE.run_each(
        conn,
        (
            {"of_job": row.id, "to_status": _FIRST[set_id is None], "hash": digest}
            for position, (row, set_id, digest) in enumerate(
                zip(inputs.jobs, map(sets.get, all_members), hashes, strict=True)
            )
            if position in chosen
        ),
    )
    _LINK.run_each(
        conn,
        [
            {"of_job": row.id, "set_id": set_id}
            for row, set_id in zip(inputs.jobs, map(sets.get, all_members), strict=True)
            if set_id != row.dependency_set_id
        ],
    )
    drop_unused(conn, workflow_id)
    recount(conn, workflow_id)


def _refuse_cycles(inputs: Inputs, needed: Sequence[Members]) -> None:
    if all(not members or members[-1] < position for position, members in enumerate(needed)):
        return  # all depend on earlier ones, as is usual: there can be no cycle
    cycles = find_cycles(needed)
    if not cycles:
        return
    names = [inputs.jobs[position].name for position in cycles[0]]
    shown = names[:_SHOWN_NAMES] + (["..."] if len(names) > _SHOWN_NAMES else [])
    raise ConflictError(
        f"The jobs depend on each other in a cycle: {' -> '.join([*shown, names[0]])}.",
        hint="Remove one of these dependencies, or one of the files or user data behind them.",
        job_ids=[inputs.jobs[position].id for position in cycles[0]],
    )


def _clear_ephemeral(conn: Connection, workflow_id: WorkflowId) -> None:
    table = tables.user_data
    conn.execute(
        update(table)
        .where(table.c.workflow_id == workflow_id, table.c.is_ephemeral)
        .values(data=None)
    )
