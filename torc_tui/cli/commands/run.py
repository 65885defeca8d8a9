"""`torc run`: from a workflow file to finished results with one command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ExitCode, TorcError
from torc_core.host.files.disk import is_full
from torc_core.host.program import discard_output
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import WorkflowId
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.definition.create import create
from torc_core.operations.facts import counted
from torc_core.operations.lifecycle.machine_fit import refuse_impossible
from torc_core.operations.lifecycle.run import (
    Run,
    RunRequest,
    check_output_directory,
    propose_run,
    runner_options,
)
from torc_core.runner.execution import execute_run
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.runner.policy.outputs.stdio import stdio_files
from torc_core.runner.policy.summary import RunSummary
from torc_core.spec import ExpandedWorkflow, read_spec
from torc_core.units import format_seconds
from torc_tui.cli.command import command
from torc_tui.cli.context import ID, pass_settings
from torc_tui.cli.diagnostics import say
from torc_tui.cli.progress import LiveCounts
from torc_tui.cli.run_options import run_options
from torc_tui.cli.settings import Settings

FAILURES_SHOWN = 5
WAITING = ("ready", "blocked", "terminated")


@command()
@click.argument("spec_or_id")
@run_options
@click.option("--skip-checks", is_flag=True, help="Run even if inputs are missing.")
@pass_settings
def run(
    settings: Settings, /, spec_or_id: str, *, detach: bool, skip_checks: bool, **options: Any
) -> int:
    """Run a workflow on this machine: create it from a file, or run one by its id.

    The exit code is 0 only if every job completed. Ctrl-C stops the jobs and records them.
    """
    is_id = spec_or_id.isdecimal() and not Path(spec_or_id).exists()
    spec = None if is_id else read_spec(spec_or_id)
    chosen = runner_options(settings.configured, settings.log_level, **options)
    if spec is None:
        workflow_id = WorkflowId(ID.convert(int(spec_or_id), None, None))
    else:
        refuse_impossible(chosen)
        workflow_id = _create(settings, spec.expand(), chosen.output_dir)
    request = RunRequest(
        options=msgspec.structs.replace(chosen, workflow_id=workflow_id),
        is_detached=detach,
        spec=spec,
    )
    prepared = settings.carry_out(propose_run(settings.connection, request), force=skip_checks)
    if detach:
        print_started(settings, prepared)
        return ExitCode.OK
    return execute(settings, prepared)


def _create(settings: Settings, spec: ExpandedWorkflow, output_dir: str) -> WorkflowId:
    check_output_directory(output_dir)  # before anything is created
    with settings.reporter() as reporter:
        return create(settings.client, spec, user=settings.user, reporter=reporter).workflow_id


def print_started(settings: Settings, started: Run) -> None:
    """Print what runs in the background, and where its log is."""
    directory = started.directory
    settings.output.message(
        f"{started.sentence}\nFollow it with `torc tui`; its log is {directory.log_path}",
        {
            "workflow_id": started.workflow_id,
            "pid": started.pid,
            "run_directory": str(directory.path),
            "log": str(directory.log_path),
        },
    )


def execute(settings: Settings, prepared: Run) -> int:
    """Execute a run that is prepared, print how it went, and return the exit code."""
    client, workflow_id = settings.client, prepared.workflow_id
    say(prepared.sentence)
    with LiveCounts(client, workflow_id) as counts:
        summary = execute_run(prepared.directory, client, on_progress=counts.note)
    try:
        _print_summary(settings, summary)
    except BrokenPipeError:  # the reader has left; the exit code still says how it went
        discard_output()
    for sentence in summary.actions_left:
        say(sentence)
    is_waiting = any(summary.jobs_by_status.get(status) for status in WAITING)
    if held := sum(summary.jobs_by_status.get(status, 0) for status in ACTIVE):
        say(_held_by_others(held))
    elif not (is_waiting or summary.unanswered or any(summary.outcomes.values())):
        say(f"Nothing was left to run. To start over: torc workflows initialize {workflow_id}")
    if summary.lost_log_lines:
        lines = counted(summary.lost_log_lines, "line")
        say(f"The runner's log in {prepared.output_dir} lacks {lines}: its disk had no room.")
    if summary.exit_code != ExitCode.OK and not settings.output.is_json:
        try:
            _explain(client, summary, Path(prepared.output_dir))
        except TorcError as error:  # how the run went is known all the same
            say(f"Which jobs failed cannot be listed: {error.message}")
    return summary.exit_code


def _held_by_others(number: int) -> str:
    are = "is" if number == 1 else "are"
    return (
        f"{counted(number, 'job')} {are} still held by other runners or clients, "
        f"which have not reported completion."
    )


def _print_summary(settings: Settings, summary: RunSummary) -> None:
    title = f"Workflow {summary.workflow_id}"
    if summary.run_id:  # 0: it was stopped before the server has answered
        title = f"{title}, run {summary.run_id}"
    jobs = _listed(summary.jobs_by_status)
    if summary.unanswered:
        jobs = f"this runner's jobs: {_listed(summary.outcomes)},"
        say(f"How many jobs the workflow has in each status is not known: {summary.unanswered}")
    settings.output.message(
        f"{title}: {jobs} in {format_seconds(summary.duration_s)} ({summary.reason}).",
        {
            "workflow_id": summary.workflow_id,
            "run_id": summary.run_id,
            "jobs_by_status": summary.jobs_by_status,
            "duration_seconds": summary.duration_s,
            "reason": summary.reason,
            "exit_code": summary.exit_code,
        },
    )


def _listed(counts: Mapping[str, int]) -> str:
    listed = (f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    return ", ".join(listed) or "no jobs"


def _explain(client: TorcClient, summary: RunSummary, output_dir: Path) -> None:
    """Say which jobs failed, where their stderr is, and what to do next."""
    workflow_id = summary.workflow_id
    execution = stored_execution_config(client.get_workflow(workflow_id).execution_config)
    failed = client.list_results(workflow_id, status=JobStatus.FAILED, limit=FAILURES_SHOWN)
    for result in failed.items:
        job = client.get_job(result.job_id)
        stem = job_stdio(
            str(output_dir), workflow_id, result.job_id, result.run_id, result.attempt_id
        )
        streams = stdio_files(stem, execution.stdio_of(job.name).mode).streams
        where = "".join(f"; its {name}: {path}" for name, path in streams[-1:])
        say(f"failed: {job.name}, exit code {result.return_code}{where}")
    if failed.total_count > len(failed.items):
        say(f"All {failed.total_count}: torc results list {workflow_id} --failed")
    if failed.items and is_full(output_dir):
        say(f"The disk of {output_dir} is full: logs may be cut, and jobs may have failed of that.")
    if any(summary.jobs_by_status.get(status) for status in WAITING):
        command = "workflows resume" if summary.is_canceled else "run"
        say(f"Continue with what is left: torc {command} {workflow_id}")
