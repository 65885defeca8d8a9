"""`torc jobs logs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.errors import UsageError
from torc_core.model.ids import JobId
from torc_core.model.job import Job
from torc_core.model.status import SETTLED
from torc_core.operations.jobs.follow import JobFollower, WantedStreams
from torc_core.operations.jobs.growth import GrowingFiles
from torc_core.operations.jobs.logs import JobLog, LogChoice, LogStream, find_written_log
from torc_tui.cli.command import command
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import job_argument, output_dir_option
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.job_logs import LogOutput
from torc_tui.cli.settings import Settings, pass_settings


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
    wanted = WantedStreams(stdout=wants_stdout, stderr=wants_stderr)
    job = settings.client.get_job(job_id)
    with GrowingFiles(last_lines) as files:
        if settings.output.is_json:
            log = find_written_log(settings.client, job, choice)
            settings.output.record(_record(job, log, wanted.of(job, log), files))
            return
        with LogOutput(has_heads=wanted.is_all) as output:
            if follow and job.status not in SETTLED:
                follower = JobFollower(settings.client, job, wanted, files, choice.output_dir)
                output.write_all(follower)
                job = follower.job
            if not output.has_written:
                log = find_written_log(settings.client, job, choice)
                output.write_all(files.read(wanted.of(job, log)))
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
