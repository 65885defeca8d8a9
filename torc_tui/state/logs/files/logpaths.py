"""Files that the interface shows: the output of a job, or a file of a workflow."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from torc_core.client import TorcClient
from torc_core.diagnosis.log_scan import FirstError, first_error
from torc_core.host.runs import Run, RunDirectory, list_runs
from torc_core.model.artifact import File
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job
from torc_core.model.records.workflow_run import WorkflowRun
from torc_core.operations.jobs.logs import (
    ANY,
    JobAttempt,
    LogChoice,
    LogStream,
    attempts_of,
    find_log,
    find_logs_of,
)
from torc_core.operations.local_runs import local_runs
from torc_core.operations.places import place_of
from torc_core.operations.slurm.output import find_allocation_output
from torc_core.units import counted
from torc_tui.state.logs.files.content import Content, Source
from torc_tui.state.logs.files.local import source_of
from torc_tui.state.logs.files.merged import MergedSource, Part
from torc_tui.terminal import clean

_NO_SLURM_LOG = (
    "Slurm has written nothing here yet: it does when the allocation starts, in the directory that "
    "was submitted"
)
_BLOCK = 1 << 20
_HEAD = 32 << 20
_TAIL = 4 << 20
"""How much of a log is searched for its first error before it is shown."""


class Stream(NamedTuple):
    """One of the files that belong together."""

    name: str
    source: Source
    is_log: bool = True
    """It is shown from its end, and may grow; any other file from its beginning."""
    error: FirstError | None = None
    """Where it is shown from, if it says why a job failed."""
    run_id: str = ""
    """The run on this machine that writes it, if one does."""


class Sources(NamedTuple):
    """Files that belong together; they need not exist."""

    title: str
    streams: tuple[Stream, ...]
    remark: str = ""
    """Why there are no files, if there is a reason beyond their not being written yet."""
    chosen: int = 0
    """The number of the stream that is shown first."""
    older: Callable[[], Sources] | None = None
    """Finds the files of the attempt before; called in a thread."""
    newer: Callable[[], Sources] | None = None


def find_file(client: TorcClient, file: File) -> Sources:
    """Return a file of a workflow: where that ran last, if it is there; `~` is the user's home.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    source = source_of(place_of(client, file))
    return Sources(f"file ▸ {file.name}", (Stream("contents", source, is_log=False),))


def find_run_logs(runs: Sequence[Run]) -> Sources:
    """Return what runs of this machine print: the log of each.

    One that was not detached prints to its terminal, and logs in its output directory.
    """
    streams = tuple(
        Stream(_name_run(run), source_of(_log_of(run)), run_id=run.meta.run_id) for run in runs
    )
    return Sources("run", streams, "" if streams else "A damaged run has no output to show.")


def find_logs_of_record(record: WorkflowRun) -> Sources:
    """Return what the run prints that the server knows by a record, if it is of this machine."""
    found = [
        run
        for run in list_runs()
        if run.meta.workflow_id == record.workflow_id
        and run.meta.options.get("workflow_run_id") == record.id
        and run.meta.process is not None
        and record.process is not None
        and (run.meta.process.pid, run.meta.process.pid_start)
        == (record.process.pid, record.process.pid_start)
    ]
    if not found:
        return Sources("run", (), f"Run {record.id} has left no output on this machine.")
    return find_run_logs(found)


def find_logs_of_node(client: TorcClient, node: ComputeNode) -> Sources:
    """Return what the runner of a node prints, if it is of this machine."""
    found = [
        run
        for run in local_runs(client, node.workflow_id)
        if run.meta.process is not None
        and (run.meta.process.host, run.meta.process.pid) == (node.hostname, node.pid)
    ]
    if not found:
        where = clean(node.hostname)
        return Sources("run", (), f"The runner on {where} has left no output on this machine.")
    return find_run_logs(found[:1])


def _name_run(run: Run) -> str:
    return f"#{run.meta.workflow_id} {run.meta.workflow_name}"


def _log_of(run: Run) -> Path:
    own = RunDirectory(Path(run.directory)).log_path
    if run.meta.is_detached or run.meta.process is None:
        return own
    prefix = f"job_runner_{run.meta.process.host}_wf{run.meta.workflow_id}_r"
    logs = Path(run.meta.output_dir).glob(f"{glob.escape(prefix)}*.log")
    return max(logs, key=_modified_at, default=own)


def _modified_at(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def find_slurm_logs(client: TorcClient, workflow_id: WorkflowId, slurm_job_id: int) -> Sources:
    """Return what Slurm has written for an allocation.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    output = find_allocation_output(client, workflow_id, slurm_job_id)
    remark = "" if output.is_found else _NO_SLURM_LOG
    return Sources(f"log ▸ Slurm job {slurm_job_id}", _streams(output.streams), remark)


def find_logs(client: TorcClient, job: Job, choice: LogChoice = ANY) -> Sources:
    """Return the output of the latest attempt of a job that has any on this machine.

    Of an attempt that failed, the file with the first error is shown first.

    Args:
        client: The client.
        job: The job.
        choice: Another attempt.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    log = find_log(client, job, choice)
    attempts = attempts_of(client, job)
    at = next(
        (
            number
            for number, each in enumerate(attempts)
            if (each.run_id, each.attempt_id) == (log.run_id, log.attempt_id)
        ),
        0,
    )
    has_failed = bool(attempts) and attempts[at].has_failed
    streams = _streams(log.streams)
    if has_failed:
        streams = tuple(each._replace(error=_error_in(each.source)) for each in streams)
    return Sources(
        f"log ▸ {job.name} ▸ {_name_attempt(attempts, at, log.attempt_id)}",
        streams,
        log.remark,
        _reason(streams) if has_failed else 0,
        older=_finder(client, job, attempts[:at][::-1]),
        newer=_finder(client, job, attempts[at + 1 :]),
    )


def find_merged_logs(client: TorcClient, workflow_id: WorkflowId, jobs: Sequence[Job]) -> Sources:
    """Return the output of several jobs as one file.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    parts = tuple(
        Part(f"{clean(job.name)}{' err' if name.endswith('stderr') else ''}", source_of(path))
        for job, log in zip(jobs, find_logs_of(client, workflow_id, jobs), strict=True)
        for name, path in log.streams
    )
    title = f"log ▸ {counted(len(jobs), 'job')}"
    return Sources(title, (Stream("together", MergedSource(parts)),))


def _streams(streams: Iterable[LogStream]) -> tuple[Stream, ...]:
    return tuple(Stream(name, source_of(path)) for name, path in streams)


def _name_attempt(attempts: list[JobAttempt], at: int, attempt_id: int) -> str:
    name = f"attempt {attempt_id}"
    if len({each.run_id for each in attempts}) > 1:
        name = f"run {attempts[at].run_id}, {name}"
    return name if len(attempts) < 2 else f"{name} ({at + 1} of {len(attempts)})"


def _finder(
    client: TorcClient, job: Job, attempts: list[JobAttempt]
) -> Callable[[], Sources] | None:
    if not attempts:
        return None
    choice = LogChoice(run_id=attempts[0].run_id, attempt_id=attempts[0].attempt_id)
    return partial(find_logs, client, job, choice)


def _reason(streams: tuple[Stream, ...]) -> int:
    """Return the number of the stream that says why a job failed: stderr, if it says anything."""
    numbers = sorted(range(len(streams)), key=lambda number: _rank(streams[number]))
    return numbers[0] if numbers else 0


def _rank(stream: Stream) -> tuple[bool, bool, bool]:
    return stream.error is None, _is_empty(stream.source), not stream.name.endswith("stderr")


def _is_empty(source: Source) -> bool:
    with contextlib.suppress(OSError), contextlib.closing(source.open()) as content:
        return content.size == 0
    return True


def _error_in(source: Source) -> FirstError | None:
    """Return the first error at the beginning of a log, else the first one near its end."""
    try:
        with contextlib.closing(source.open()) as content:
            size = content.size
            found = first_error(_blocks(content, 0, min(size, _HEAD)))
            if found is None and size > _HEAD:
                start = max(_HEAD, size - _TAIL)
                found = first_error(_blocks(content, start, size))
                found = found and found._replace(offset=start + found.offset)
            return found
    except OSError:
        return None


def _blocks(content: Content, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, _BLOCK):
        yield content.read(at, min(_BLOCK, stop - at))
