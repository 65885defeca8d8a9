"""How long the jobs of a run took; what was read before of its results and attempts is known.

Both are only ever added with greater ids, or deleted, and each deletion is noted in the workflow's
row, as is each result that is changed. So of results only the new ones are added up. Of attempts
the new ones are read, and those again that were open, or whose report might still come.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, or_, select

from torc_core.model.ids import WorkflowId
from torc_server.rules.attempts.outcome import UNREPORTED
from torc_server.storage import tables
from torc_server.storage.recent import RUN_TIMES, Recent
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.workflow import WorkflowRow

_MOST_OPEN = 20_000
"""With more open attempts than this, nothing is remembered."""

_result = tables.result.c
_attempt = tables.attempt.c
_IS_OPEN = or_(_attempt.ended_at.is_(None), _attempt.outcome.in_(sorted(UNREPORTED)))
_NEW_RESULTS = Prepared(
    select(func.coalesce(func.sum(_result.exec_time_minutes), 0.0), func.max(_result.id)).where(
        _result.workflow_id == bindparam("of_workflow"),
        _result.run_id == bindparam("in_run"),
        _result.id > bindparam("after"),
    )
)
_IS_NEW = (
    _attempt.workflow_id == bindparam("of_workflow"),
    _attempt.run_id == bindparam("in_run"),
    _attempt.id > bindparam("after"),
)
_NEW_ATTEMPTS = Prepared(
    select(func.max(_attempt.id), func.min(_attempt.claimed_at)).where(*_IS_NEW)
)
_NEW_ENDED = Prepared(select(func.max(_attempt.ended_at)).where(*_IS_NEW, ~_IS_OPEN))
_NEW_OPEN = Prepared(select(_attempt.id, _attempt.ended_at).where(*_IS_NEW, _IS_OPEN))
_AGAIN = Prepared(
    select(_attempt.id, _attempt.ended_at, _IS_OPEN.label("is_open")).where(
        _attempt.id.in_(bindparam("ids", expanding=True))
    )
)


class RunTimes(NamedTuple):
    """How long the jobs of a run took."""

    minutes: float
    """All of them together."""
    span_ms: int
    """From the first claim to the last end; 0 if none has ended."""


class _Known(NamedTuple):
    deletions: int
    """How often something of the workflow had been deleted by then."""
    last_result: int = 0
    minutes: float = 0.0
    last_attempt: int = 0
    begin: int | None = None
    end: int | None = None
    """The last end of attempts that are not open."""
    open_ids: tuple[int, ...] = ()


def run_times(connection: Connection, workflow: WorkflowRow) -> RunTimes:
    """Return how long the jobs took in the present run of a workflow.

    Args:
        connection: One that reads; it may know what was read before.
        workflow: The row of the workflow, as the present transaction reads it.
    """
    recent: Recent[tuple[WorkflowId, int], _Known] = connection.info.get(RUN_TIMES) or Recent(1)
    key = workflow.id, workflow.run_id
    before = recent.get(key)
    if before is None or before.deletions != workflow.deletions:
        before = _Known(workflow.deletions)
    known, end = _read_on(connection, workflow, before)
    if len(known.open_ids) <= _MOST_OPEN:
        recent.keep(key, known)
    return RunTimes(known.minutes, end - known.begin if end and known.begin else 0)


def _read_on(
    connection: Connection, workflow: WorkflowRow, before: _Known
) -> tuple[_Known, int | None]:
    """Return what is known now, and the last end of all attempts."""
    within: dict[str, Any] = {"of_workflow": workflow.id, "in_run": workflow.run_id}
    [(minutes, last_result)] = _NEW_RESULTS.all(connection, **within, after=before.last_result)
    within["after"] = before.last_attempt
    [(last_attempt, begin)] = _NEW_ATTEMPTS.all(connection, **within)
    again = _AGAIN.all_of(connection, before.open_ids)
    # Another connection may have read on in a newer state: what this one lacks is open for it.
    still_open: dict[int, int | None] = dict.fromkeys(before.open_ids)
    still_open |= {row.id: row.ended_at for row in again}
    for row in again:
        if not row.is_open:
            del still_open[row.id]
    ends = [before.end, *(row.ended_at for row in again if not row.is_open)]
    if last_attempt is not None:
        ends.append(_NEW_ENDED.all(connection, **within)[0][0])
        still_open |= {row.id: row.ended_at for row in _NEW_OPEN.all(connection, **within)}
    known = _Known(
        workflow.deletions,
        last_result or before.last_result,
        before.minutes + minutes,
        last_attempt or before.last_attempt,
        _least(before.begin, begin),
        _greatest(ends),
        tuple(still_open),
    )
    return known, _greatest([known.end, *still_open.values()])


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _greatest(moments: Iterable[int | None]) -> int | None:
    return max((each for each in moments if each is not None), default=None)
