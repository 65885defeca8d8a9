"""`torc jobs logs`."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from torc_core.client import TorcClient
from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.errors import NotFoundError, TransportError, UsageError
from torc_core.model.ids import JobId, id_of
from torc_core.model.job import Job
from torc_core.model.status import SETTLED, JobStatus
from torc_core.operations.jobs.growth import GrowingFiles
from torc_core.operations.jobs.logs import (
    JobLog,
    LogChoice,
    LogStream,
    find_log,
    find_written_log,
    will_run,
)
from torc_tui.cli.command import command
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import job_argument, output_dir_option
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.job_logs import LogOutput
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.feed import EventFeed

FOLLOW_S = 0.25
"""How often a file is checked for growth; network file systems announce no changes."""
SEARCH_S = 2.0
"""How often to look for the files of a running job."""


@command(
    examples=[
        "torc jobs logs 12",
        "torc jobs logs 12 --follow --tail 20",
        "torc jobs logs 12 --stderr --attempt 1 > stderr.txt",
    ]
)
@job_argument
@click.option("-F", "--follow", is_flag=True, help="Keep printing until the job ends.")
@click.option("--stdout", "wants_stdout", is_flag=True, help="Only its stdout.")
@click.option("--stderr", "wants_stderr", is_flag=True, help="Only its stderr.")
@click.option(
    "--tail",
    "last_lines",
    metavar="N",
    type=number(WHOLE),
    help="Only the last N lines of each file; by default all.",
)
@click.option(
    "--attempt",
    "attempt_id",
    metavar="N",
    type=number(POSITIVE),
    help="Output of this attempt; by default the latest that has any.",
)
@click.option(
    "--run-id", metavar="N", type=number(WHOLE), help="Output in this run of the workflow."
)
@output_dir_option
@pass_settings
def logs(
    settings: Settings,
    /,
    job_id: JobId,
    *,
    follow: bool,
    wants_stdout: bool,
    wants_stderr: bool,
    last_lines: int | None,
    **chosen: Any,
) -> None:
    """Print the output of a job: the files with its stdout and its stderr.

    A pipe or a file gets every byte. In a terminal, control sequences other than colors are
    removed. The path of each file is printed to stderr.
    """
    choice = LogChoice(**chosen)
    if follow:
        _check_follow(choice, is_json=settings.output.is_json)
    kept = _Streams(wants_stdout=wants_stdout, wants_stderr=wants_stderr)
    job = settings.client.get_job(job_id)
    with GrowingFiles(last_lines) as files:
        if settings.output.is_json:
            log = find_written_log(settings.client, job, choice)
            settings.output.record(_record(job, log, kept.of(job, log), files))
            return
        with LogOutput(has_heads=kept.is_all) as output:
            if follow and job.status not in SETTLED:
                job = _follow(settings.client, job, choice.output_dir, kept, files, output)
            if not output.has_written:
                log = find_written_log(settings.client, job, choice)
                output.write_all(files.read(kept.of(job, log)))
        if not output.has_written and last_lines != 0:
            say(f"Job {job.id} ({job.name}) has written nothing.")


def _check_follow(choice: LogChoice, *, is_json: bool) -> None:
    if choice.run_id is not None or choice.attempt_id is not None:
        raise UsageError(
            "--follow prints the current attempt.",
            hint="Leave out --attempt and --run-id, or --follow.",
        )
    if is_json:
        raise UsageError("--follow prints text, not JSON.", hint="Leave out --follow or -f json.")


class _Streams:
    """Which files of an attempt are printed."""

    def __init__(self, *, wants_stdout: bool, wants_stderr: bool) -> None:
        self.is_all = wants_stdout == wants_stderr
        self._name = "stdout" if wants_stdout else "stderr"

    def of(self, job: Job, log: JobLog) -> list[LogStream]:
        """Return those files.

        Raises:
            NotFoundError: What is wanted is not kept.
        """
        names = {self._name, "output"}
        found = [each for each in log.streams if self.is_all or each.name.split()[-1] in names]
        if not found:
            raise NotFoundError(f"The {self._name} of job {job.id} ({job.name}) is not kept.")
        return found


def _follow(
    client: TorcClient,
    job: Job,
    output_dir: Path | None,
    kept: _Streams,
    files: GrowingFiles,
    output: LogOutput,
) -> Job:
    """Print what a job writes, attempt after attempt, and return the job in its last state."""
    has_changed = threading.Event()
    feed = EventFeed(lambda: client, job.workflow_id, has_changed.set)
    current = LogChoice(output_dir=output_dir, is_current=True)
    log = find_log(client, job, current)
    goes_on = will_run(client, job)
    try:
        while True:
            output.write_all(files.read(kept.of(job, log)))
            if not goes_on or log.remark:
                return job
            time.sleep(FOLLOW_S if log.is_found else SEARCH_S)
            if not has_changed.is_set() and (log.is_found or job.status is not JobStatus.RUNNING):
                continue
            has_changed.clear()
            feed.acknowledge()
            with contextlib.suppress(TransportError):  # the feed says when there is an answer again
                now = client.get_job(id_of(job))
                if now != job or not log.is_found:
                    output.write_all(files.read(kept.of(job, log)))  # the end of this attempt
                    log = find_log(client, now, current)
                job, goes_on = now, will_run(client, now)
    finally:
        feed.close()


def _record(
    job: Job, log: JobLog, streams: Sequence[LogStream], files: GrowingFiles
) -> dict[str, object]:
    texts = {stream: bytearray() for stream in streams}
    for stream, data in files.read(streams):
        texts[stream] += data
    return {
        "workflow_id": job.workflow_id,
        "job_id": job.id,
        "job_name": job.name,
        "status": job.status,
        "run_id": log.run_id,
        "attempt_id": log.attempt_id,
        "files": [
            {
                "name": stream.name,
                "path": str(stream.path),
                "text": text.decode("utf-8", "replace"),
            }
            for stream, text in texts.items()
        ],
    }
