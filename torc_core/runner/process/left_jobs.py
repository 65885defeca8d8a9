"""The runs of this machine, with the jobs that run on although their runner is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from torc_core.host.files.json_file import read_record
from torc_core.host.runs import DamagedRun, Run, RunState, list_all_runs
from torc_core.runner.guard.journal import read_journal, running_ids
from torc_core.runner.guard.messages import Started
from torc_core.runner.process.guard_client import RECORD, GuardRecord, guards_directory
from torc_core.runner.process.records import AttemptRecord, decode


def list_runs_with_left_jobs() -> list[Run | DamagedRun]:
    """Return the runs of this state directory, newest first.

    What the guards of dead runners have is counted with the last run of the workflow that crashed.
    """
    left = list(_guards_without_runner())
    runs = []
    for run in list_all_runs():
        if isinstance(run, Run) and run.state is RunState.CRASHED:
            own = [guard for guard in left if _is_of_run(guard[1], run)]
            left = [guard for guard in left if guard not in own]
            run = msgspec.structs.replace(run, jobs_left=sum(map(_running, own)))  # noqa: PLW2901
        runs.append(run)
    return runs


def _guards_without_runner() -> Iterator[tuple[Path, GuardRecord]]:
    for directory in guards_directory().iterdir():
        record = read_record(directory / RECORD, GuardRecord)
        if record is None or not record.process.is_alive():
            continue
        if record.is_caretaker or not record.runner.is_alive():
            yield directory, record


def _is_of_run(record: GuardRecord, run: Run) -> bool:
    care = record.care
    return run.meta.is_of(record.workflow_id, care.url, is_embedded=care.is_embedded)


def _running(guard: tuple[Path, GuardRecord]) -> int:
    """Return how many jobs a guard runs."""
    directory, _ = guard
    try:
        entries = read_journal(directory)
    except OSError:  # its guard has just ended
        return 0
    running = running_ids(entries)
    return sum(
        isinstance(entry, Started) and entry.id in running and _is_attempt(entry)
        for entry in entries
    )


def _is_attempt(started: Started) -> bool:
    try:
        return isinstance(decode(started.record), AttemptRecord)
    except msgspec.MsgspecError:  # of another version
        return False
