"""Which runs of this machine are offered when the interface starts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from torc_core.errors import MachineError
from torc_core.host.directories import state_directory
from torc_core.host.runs import Run, RunState
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs

_STAMP = "last_visit"


def runs_since_last_visit() -> list[Run]:
    """Return active runs, and those that ended since the last visit.

    The visit is recorded, so that a run that ended is offered once. Without a state directory
    there are no runs.
    """
    try:
        stamp = state_directory() / _STAMP
        last = stamp.stat().st_mtime if stamp.exists() else None
        note_visit()
        return worth_mentioning(list_runs_with_left_jobs(), last)
    except (OSError, MachineError):
        return []


def note_visit() -> None:
    """Record that the interface is in use now."""
    now = time.time()  # a file system's own time lags by some milliseconds
    try:
        stamp = state_directory() / _STAMP
        stamp.touch(mode=0o600)
        os.utime(stamp, (now, now))
    except (OSError, MachineError):
        return


def worth_mentioning(runs: Iterable[Run], last_visit: float | None) -> list[Run]:
    """Return active runs, and those that ended unattended after the last visit.

    Args:
        runs: All runs.
        last_visit: Seconds since 1970; None before the first visit.
    """
    return [
        run
        for run in runs
        if run.state in {RunState.RUNNING, RunState.STARTING}
        or (last_visit is not None and _changed_at(run) > last_visit and _was_unattended(run))
    ]


def _was_unattended(run: Run) -> bool:
    """Return whether a run ended without a terminal that showed it."""
    return run.meta.is_detached or run.state is not RunState.ENDED


def _changed_at(run: Run) -> float:
    """Return when a run ended, or was last heard of; seconds since 1970."""
    text = run.meta.ended_at or (run.status and run.status.updated_at) or run.meta.started_at
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
