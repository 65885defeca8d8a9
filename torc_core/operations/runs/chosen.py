"""Which runs of this machine a user means, and how sentences name them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from torc_core.errors import NotFoundError
from torc_core.host.runs import DamagedRun, Run
from torc_core.moments import read_moment, said_moment
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs


def choose_runs(run_ids: Sequence[str]) -> list[Run | DamagedRun]:
    """Return the runs of these ids.

    Raises:
        NotFoundError: There is none of an id.
    """
    runs = {Path(run.directory).name: run for run in list_runs_with_left_jobs()}
    chosen = list(dict.fromkeys(run_ids))
    for run_id in chosen:
        if run_id not in runs:
            raise NotFoundError(
                f"There is no run {run_id!r} on this machine.",
                hint="Choose from: torc runs list",
            )
    return [runs[run_id] for run_id in chosen]


def title_of_run(run: Run) -> str:
    """Return how sentences name a run, such as "#7 nightly of 06-01 14:23"."""
    meta, started = run.meta, read_moment(run.meta.started_at)
    moment = meta.started_at if started is None else said_moment(started, time.time())
    return f"#{meta.workflow_id} {meta.workflow_name} of {moment}"


def host_of(run: Run) -> str:
    """Return the machine that a run was started on."""
    return run.meta.process.host if run.meta.process else "unknown"
