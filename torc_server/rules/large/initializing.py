"""Initializing a large workflow in slices, with the requests of others in between.

What is to be done is noted first, and reserves the workflow: requests that would change it wait, as
for one long transaction. Then the plan is made, and the jobs that it places are noted: with that it
is decided. A server that is killed before has changed nothing. After that, the server that finds
the note makes the same plan again from the noted jobs, and writes it before others may change the
workflow. Readers see statuses change bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from torc_core.graph import SharedRows
from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.records.workflow_run import StartReply, StartRequest
from torc_core.model.workflow import Message
from torc_server.rules.attempts.lost.leases import start_over
from torc_server.rules.dependencies.inputs import Inputs
from torc_server.rules.dependencies.placement import Choose, Plan, make_plan
from torc_server.rules.initialize import (
    Initialization,
    Placed,
    choice_of,
    clear_data,
    finish,
    prepare,
)
from torc_server.rules.runs.start import begin_run, record_first
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import WorkKind, decide_work, forget_work, note_work
from torc_server.storage.repeats.keys import RequestKey
from torc_server.storage.statements import Prepared

LARGE = 5_000
"""Jobs; fewer are initialized in a quarter of a second, in one transaction."""

_SOME = (
    select(tables.job.c.id)
    .where(tables.job.c.workflow_id == bindparam("of_workflow"))
    .limit(bindparam("most"))
)
_COUNT = Prepared(select(func.count()).select_from(_SOME.subquery()))


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted of an initialization."""

    asked: Initialization
    start: StartRequest | None = None
    """The start of the workflow that it is a part of."""
    task_id: TaskId | None = None
    """The task that it is."""
    key: RequestKey | None = None
    """What the request is known by that asked for it."""
    chosen: Sequence[tuple[int, int]] | None = None
    """Ranges of positions of the jobs that are placed; None until that is decided."""
    is_first: bool = False


def is_large(conn: Connection, workflow_id: WorkflowId, jobs: int = LARGE) -> bool:
    """Return whether a workflow has so many jobs that others should not wait for all of them."""
    [(number,)] = _COUNT.all(conn, of_workflow=workflow_id, most=jobs)
    return bool(number >= jobs)


def begin(
    conn: Connection, workflow_id: WorkflowId, note: Note, holder: int | None, *, now_ms: int
) -> None:
    """Note what is going to be done, and by whom.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    note_work(conn, workflow_id, WorkKind.INITIALIZE, holder, msgspec.to_builtins(note))
    prepare(conn, workflow_id, note.asked, now_ms=now_ms)


def plan(conn: Connection, workflow_id: WorkflowId, note: Note) -> Plan:
    """Return what is to be written, read on any connection.

    Raises:
        ConflictError: Jobs depend on each other in a cycle.
    """
    workflow = find_workflow(conn, workflow_id)
    return make_plan(
        conn,
        workflow,
        choice_of(note.asked) if note.chosen is None else _again(note.chosen),
        run_id=workflow.run_id + (note.start is not None),
        clears_ephemeral=note.asked.clear_ephemeral_user_data,
    )


def decide(conn: Connection, made: Plan, note: Note, *, now_ms: int) -> Note:
    """Note which jobs are placed: from now on that is done, even if this server dies."""
    del now_ms
    chosen = list(ranges_of(made.positions))
    decided = msgspec.structs.replace(note, chosen=chosen, is_first=made.inputs.is_new)
    decide_work(conn, made.workflow.id, msgspec.to_builtins(decided))
    clear_data(conn, made.workflow.id, note.asked)
    return decided


def give_up(conn: Connection, workflow_id: WorkflowId, *, now_ms: int) -> None:
    """Forget what was noted."""
    forget_work(conn, workflow_id)
    start_over(conn, workflow_id, now_ms=now_ms)


def conclude(conn: Connection, made: Plan, note: Note, *, now_ms: int) -> Message | StartReply:
    """Do what follows when all is written; the workflow is initialized."""
    workflow_id = made.workflow.id
    forget_work(conn, workflow_id)
    start_over(conn, workflow_id, now_ms=now_ms)
    if note.start is not None:
        begin_run(conn, workflow_id, note.start)
    workflow = find_workflow(conn, workflow_id)
    placed = Placed(made.jobs, note.is_first)
    message = finish(conn, workflow, note.asked, placed, now_ms=now_ms)
    if note.start is None:
        return message
    return record_first(conn, workflow_id, note.start, message, now_ms=now_ms)


def ranges_of(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield ascending numbers as ranges, each from its first to its last."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def _again(chosen: Sequence[tuple[int, int]]) -> Choose:
    def choose(inputs: Inputs, _needed: SharedRows) -> bytearray:
        marks = bytearray(len(inputs.ids))
        for first, last in chosen:
            marks[first : last + 1] = bytes([1]) * (last + 1 - first)
        return marks

    return choose
