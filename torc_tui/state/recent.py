"""Which runs of this machine are offered when the interface starts."""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.errors import MachineError
from torc_core.host.directories import state_directory
from torc_core.host.runs import DamagedRun, Run, RunState
from torc_core.moments import read_moment
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_tui.state.visit import STAMP, note_visit


def runs_since_last_visit() -> list[Run]:
    """Return active runs, and those that ended since the last visit.

    The visit is recorded, so that a run that ended is offered once. Without a state directory
    there are no runs.
    """
    try:
        stamp = state_directory() / STAMP
        last = stamp.stat().st_mtime if stamp.exists() else None
        note_visit()
        return worth_mentioning(list_runs_with_left_jobs(), last)
    except (OSError, MachineError):
        return []


def worth_mentioning(runs: Iterable[Run | DamagedRun], last_visit: float | None) -> list[Run]:
    """Return active runs, and those that ended unattended after the last visit.

    Args:
        runs: All runs.
        last_visit: Seconds since 1970; None before the first visit.
    """
    return [
        run
        for run in runs
        if isinstance(run, Run)
        and (
            run.state in {RunState.RUNNING, RunState.STARTING}
            or (last_visit is not None and _changed_at(run) > last_visit and _was_unattended(run))
        )
    ]


def needs_answer(run: Run) -> bool:
    """Return whether a run goes on, may go on elsewhere, crashed, or ended with failures."""
    return run.state is not RunState.ENDED or run.meta.final_status != "completed"


def _was_unattended(run: Run) -> bool:
    """Return whether a run ended without a terminal that showed it."""
    return run.meta.is_detached or run.state is not RunState.ENDED


def _changed_at(run: Run) -> float:
    """Return when a run ended, or was last heard of; seconds since 1970."""
    text = run.meta.ended_at or (run.status and run.status.updated_at) or run.meta.started_at
    return read_moment(text) or 0.0
