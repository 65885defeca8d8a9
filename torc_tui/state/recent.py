"""Which runs of this machine are worth mentioning when the interface starts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from torc_core.errors import MachineError
from torc_core.host.directories import state_directory
from torc_core.host.runs import Run, RunState, list_runs
from torc_core.model.page import Page
from torc_tui.lists.listing import Cell, Column, View
from torc_tui.terminal import clean
from torc_tui.theme import QUIET

_STAMP = "last_visit"

_STATE_LOOK = {
    RunState.STARTING: ("◌ starting", "blue"),
    RunState.RUNNING: ("▶ running", "yellow"),
    RunState.CRASHED: ("✗ crashed", "red"),
    RunState.ELSEWHERE: ("? other host", "magenta"),
}
_END_TONE = {"completed": ("✓", "green"), "failed": ("✗", "red")}


def runs_since_last_visit() -> list[Run]:
    """Return the runs that live, and those that ended since the interface was last left.

    The visit is noted, so that a run that ended is mentioned once. Without a state directory
    there are no runs.
    """
    try:
        stamp = state_directory() / _STAMP
        last = stamp.stat().st_mtime if stamp.exists() else None
        note_visit()
        return worth_mentioning(list_runs(), last)
    except (OSError, MachineError):
        return []


def note_visit() -> None:
    """Note that the interface has just been looked at."""
    now = time.time()  # what the file system gives by itself lags by some milliseconds
    try:
        stamp = state_directory() / _STAMP
        stamp.touch(mode=0o600)
        os.utime(stamp, (now, now))
    except (OSError, MachineError):
        return


def worth_mentioning(runs: Iterable[Run], last_visit: float | None) -> list[Run]:
    """Return runs that go on, and those that came to an end unwatched after the last visit.

    Args:
        runs: All runs.
        last_visit: Seconds since 1970; None before the first visit.
    """
    return [
        run
        for run in runs
        if run.state in {RunState.RUNNING, RunState.STARTING}
        or (last_visit is not None and _changed_at(run) > last_visit and _was_alone(run))
    ]


def _was_alone(run: Run) -> bool:
    """Return whether nobody saw the end of a run; in the foreground somebody sees it."""
    return run.meta.is_detached or run.state is not RunState.ENDED


def _changed_at(run: Run) -> float:
    """Return when a run ended, or was last heard of; seconds since 1970."""
    text = run.meta.ended_at or (run.status and run.status.updated_at) or run.meta.started_at
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _state(run: Run) -> Cell:
    if run.state in _STATE_LOOK:
        return Cell(*_STATE_LOOK[run.state])
    status = run.meta.final_status or "ended"
    glyph, tone = _END_TONE.get(status, ("-", "magenta"))
    return Cell(f"{glyph} {clean(status)}", tone)


def _ended(run: Run) -> Cell:
    counts = run.status.counts if run.status else {}
    return Cell("  ".join(f"{number:,} {clean(name)}" for name, number in counts.items() if number))


def _all_runs() -> Page[Run]:
    runs = list_runs()
    return Page(items=runs, total_count=len(runs))


RUNS = View(
    name="Runs",
    columns=(
        Column("ID", lambda run: Cell(str(run.meta.workflow_id)), is_number=True),
        Column("Workflow", lambda run: Cell(clean(run.meta.workflow_name)), widest=30),
        Column("State", _state),
        Column("Jobs ended", _ended, widest=40),
        Column("Started", lambda run: Cell(clean(run.meta.started_at[:19]), QUIET), rank=1),
    ),
    page=lambda *_, **__: _all_runs(),
    key=lambda run: run.meta.run_id,
)
"""Runs of this machine; they come from the run directories, not from a server."""
