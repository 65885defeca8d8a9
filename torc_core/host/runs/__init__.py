"""Runs of this machine; each has a directory.

A run directory holds `meta.json` (what runs, since when, under which process), `status.json` (its
steps, rewritten while it runs), the runner's log, and a copy of the workflow file if it came from
one. Its process holds a lock on `lock`; a run without an end whose process is gone has crashed. A
run on another host, or in another container, is never judged by its pid.
"""

from torc_core.host.runs.directory import (
    DamagedRun,
    Run,
    RunDirectory,
    RunMeta,
    RunState,
    create_run,
    list_all_runs,
    list_runs,
    new_run_id,
    prune_runs,
    start_run,
    without_secrets,
)
from torc_core.host.runs.status import RunStatus

__all__ = [
    "DamagedRun",
    "Run",
    "RunDirectory",
    "RunMeta",
    "RunState",
    "RunStatus",
    "create_run",
    "list_all_runs",
    "list_runs",
    "new_run_id",
    "prune_runs",
    "start_run",
    "without_secrets",
]
