"""Recoveries: one at a time for each workflow, each with one holder.

A process that finds a workflow in need of repair begins a recovery; of two that do so at once the
second is refused. Its holder reports each step, which keeps it for a further minute. When it says
nothing for longer, another may take the recovery over.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from torc_core.clock import utc_text
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.events.recoveries import (
    RecoveryEnded,
    RecoveryStarted,
    RecoveryStep,
    RecoveryTakenOver,
)
from torc_core.model.ids import RecoveryId
from torc_core.model.records.recovery import (
    HOLD_S,
    MAX_PLAN_BYTES,
    Recovery,
    RecoveryHold,
    RecoveryKind,
    RecoveryOutcome,
    RecoveryPatch,
)
from torc_core.units import MAX_INTEGER
from torc_server.rules.events import record
from torc_server.rules.runs.start import refuse_archived
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_recovery = tables.recovery


def create_recovery(conn: Connection, asked: Recovery, *, now_ms: int) -> Recovery:
    """Record that a recovery begins, and return the record; again for a repeated request.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: The plan is too large, or the number or the holder is none.
        ConflictError: The workflow is archived, at another run, or being recovered already; or the
            run has had a recovery of this kind and number.
    """
    _check(asked)
    workflow = find_workflow(conn, asked.workflow_id)
    same = _find_same(conn, asked)
    if same is not None and same.holder == asked.holder and same.ended_at is None:
        return read_recovery(same, now_ms=now_ms)
    refuse_archived(workflow)
    if asked.run_id != workflow.run_id:
        raise ConflictError(
            f"Workflow {workflow.id} is at run {workflow.run_id}, not at run {asked.run_id}.",
            hint="Look at the workflow again: someone has begun another run.",
            run_id=workflow.run_id,
        )
    _refuse_second(conn, asked, same, now_ms)
    values = {
        "workflow_id": asked.workflow_id,
        "kind": asked.kind.value,
        "run_id": asked.run_id,
        "number": asked.number,
        "plan": asked.plan,
        "holder": asked.holder,
        "held_until": now_ms + HOLD_S * 1000,
        "started_at": now_ms,
    }
    key = conn.execute(insert(_recovery).values(values)).inserted_primary_key
    assert key is not None
    row = _find(conn, RecoveryId(key[0]))
    record(conn, row.workflow_id, RecoveryStarted(**_named(row)), now_ms=now_ms)
    return read_recovery(row, now_ms=now_ms)


def update_recovery(
    conn: Connection, recovery_id: RecoveryId, patch: RecoveryPatch, *, now_ms: int
) -> Recovery:
    """Record what the holder of a recovery reports. Repeating the report changes nothing.

    Raises:
        NotFoundError: There is no such recovery.
        ConflictError: Another holds it, or it has ended otherwise.
    """
    before = _find(conn, recovery_id)
    _refuse_others(before, patch.holder, now_ms)
    if before.ended_at is not None and before.outcome == patch.outcome:
        return read_recovery(before, now_ms=now_ms)
    _refuse_ended(before)
    held_ms = 0 if patch.is_released else HOLD_S * 1000
    values: dict[str, Any] = {"held_until": now_ms + held_ms}
    values |= {"step": patch.step} if patch.step is not None else {}
    values |= {"message": patch.message} if patch.message is not None else {}
    if patch.outcome is not None:
        values |= {"outcome": patch.outcome.value, "ended_at": now_ms}
    conn.execute(update(_recovery).where(_recovery.c.id == recovery_id).values(values))
    row = _find(conn, recovery_id)
    if patch.step is not None and patch.step != before.step:
        step = RecoveryStep(**_named(row), step=patch.step, message=patch.message)
        record(conn, row.workflow_id, step, now_ms=now_ms)
    if patch.outcome is not None:
        ended = RecoveryEnded(**_named(row), outcome=row.outcome, message=row.message)
        record(conn, row.workflow_id, ended, now_ms=now_ms)
    return read_recovery(row, now_ms=now_ms)


def hold_recovery(
    conn: Connection, recovery_id: RecoveryId, hold: RecoveryHold, *, now_ms: int
) -> Recovery:
    """Take over a recovery whose holder has been silent for too long, or keep one's own.

    Raises:
        NotFoundError: There is no such recovery.
        UsageError: The holder has no name.
        ConflictError: Another holds it, it has ended, or its workflow is archived.
    """
    _check_holder(hold.holder)
    before = _find(conn, recovery_id)
    refuse_archived(find_workflow(conn, before.workflow_id))
    _refuse_ended(before)
    if before.held_until > now_ms:
        _refuse_others(before, hold.holder, now_ms)
    values = {"holder": hold.holder, "held_until": now_ms + HOLD_S * 1000}
    conn.execute(update(_recovery).where(_recovery.c.id == recovery_id).values(values))
    row = _find(conn, recovery_id)
    if before.holder != row.holder:
        taken = RecoveryTakenOver(**_named(row), previous_holder=before.holder, step=before.step)
        record(conn, row.workflow_id, taken, now_ms=now_ms)
    return read_recovery(row, now_ms=now_ms)


def read_recovery(row: Row[Any], *, now_ms: int) -> Recovery:
    """Return the wire form of a row."""
    return Recovery(
        id=row.id,
        workflow_id=row.workflow_id,
        kind=RecoveryKind(row.kind),
        run_id=row.run_id,
        number=row.number,
        plan=row.plan,
        holder=row.holder,
        step=row.step,
        held_until=utc_text(row.held_until),
        is_held=row.ended_at is None and row.held_until > now_ms,
        started_at=utc_text(row.started_at),
        ended_at=None if row.ended_at is None else utc_text(row.ended_at),
        outcome=None if row.outcome is None else RecoveryOutcome(row.outcome),
        message=row.message,
    )


def _check(asked: Recovery) -> None:
    _check_holder(asked.holder)
    if not 1 <= asked.number <= MAX_INTEGER:
        raise UsageError(
            f"number is {asked.number}; recoveries are numbered from 1.",
            field="number",
            value=asked.number,
        )
    size = len(msgspec.json.encode(asked.plan))
    if size > MAX_PLAN_BYTES:
        raise UsageError(
            f"The plan has {size:,} bytes; at most {MAX_PLAN_BYTES:,} are allowed.",
            hint="State groups of jobs in it, not each job with all that is known of it.",
            field="plan",
            length=size,
            limit=MAX_PLAN_BYTES,
        )


def _check_holder(holder: str) -> None:
    if not holder.strip():
        raise UsageError("holder is empty; it tells one watcher from another.", field="holder")


def _find(conn: Connection, recovery_id: RecoveryId) -> Row[Any]:
    row = conn.execute(select(_recovery).where(_recovery.c.id == recovery_id)).one_or_none()
    if row is None:
        raise NotFoundError.of("recovery", recovery_id)
    return row


def _find_same(conn: Connection, asked: Recovery) -> Row[Any] | None:
    """Return the recovery of a run that has the kind and the number of one that is to begin."""
    return conn.execute(
        select(_recovery).where(
            _recovery.c.workflow_id == asked.workflow_id,
            _recovery.c.run_id == asked.run_id,
            _recovery.c.kind == asked.kind.value,
            _recovery.c.number == asked.number,
        )
    ).one_or_none()


def _refuse_second(conn: Connection, asked: Recovery, same: Row[Any] | None, now_ms: int) -> None:
    other = conn.execute(
        select(_recovery).where(
            _recovery.c.workflow_id == asked.workflow_id, _recovery.c.ended_at.is_(None)
        )
    ).one_or_none()
    if other is not None:
        raise ConflictError(
            f"Workflow {asked.workflow_id} is being recovered already: {_describe(other, now_ms)}.",
            hint="Wait until it has ended, or take it over when its holder is silent.",
            recovery_id=other.id,
        )
    if same is not None:
        raise ConflictError(
            f"Run {asked.run_id} of workflow {asked.workflow_id} has had a recovery {asked.number} "
            f"of the kind {asked.kind} already: {_describe(same, now_ms)}.",
            hint="Look at the workflow again: someone was faster.",
            recovery_id=same.id,
        )


def _refuse_others(row: Row[Any], holder: str, now_ms: int) -> None:
    if row.holder != holder:
        raise ConflictError(
            f"{holder!r} does not hold recovery {row.id}: {_describe(row, now_ms)}.",
            hint="Only its holder may change it.",
            holder=row.holder,
        )


def _refuse_ended(row: Row[Any]) -> None:
    if row.ended_at is not None:
        raise ConflictError(
            f"Recovery {row.id} of workflow {row.workflow_id} ended at {utc_text(row.ended_at)}: "
            f"{row.outcome}.",
            outcome=row.outcome,
        )


def _describe(row: Row[Any], now_ms: int) -> str:
    held = f"recovery {row.id}, held by {row.holder!r}"
    if row.ended_at is not None:
        return f"{held} until it ended at {utc_text(row.ended_at)}"
    return f"{held} until {utc_text(row.held_until)}" + (
        "" if row.held_until > now_ms else ", which is over"
    )


def _named(row: Row[Any]) -> dict[str, Any]:
    names = ("kind", "run_id", "number", "holder")
    return {"recovery_id": row.id} | {name: getattr(row, name) for name in names}
