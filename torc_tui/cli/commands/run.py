"""`torc run`: from a workflow file to finished results with one command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ExitCode
from torc_core.host.runs import RunDirectory, RunState, list_runs, start_run
from torc_core.model.status import ACTIVE, JobStatus
from torc_core.operations.create import create_workflow
from torc_core.operations.initialize import initialize_workflow
from torc_core.operations.launch import (
    check_output_directory,
    check_runnable,
    find_misfits,
    prepare_run,
)
from torc_core.runner.execution import execute_run
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.output_paths import job_stdio
from torc_core.runner.policy.summary import RunSummary
from torc_core.spec import load_workflow
from torc_core.units import format_seconds
from torc_tui.cli.context import ID, Settings, pass_settings
from torc_tui.cli.diagnostics import say
from torc_tui.cli.progress import ProgressReporter

FAILURES_SHOWN = 5
WAITING = ("ready", "blocked")
POSITIVE = click.FloatRange(0, min_open=True)


@click.command()
@click.argument("spec_or_id")
@click.option("--max-parallel-jobs", type=click.IntRange(1), help="So many jobs at once.")
@click.option("--num-cpus", type=click.IntRange(1), help="CPUs to use; all by default.")
@click.option("--memory-gb", type=POSITIVE, help="Memory to use, in GiB; all by default.")
@click.option("--num-gpus", type=click.IntRange(0), help="GPUs to use; all by default.")
@click.option("-p", "--poll-interval", type=POSITIVE, help="Longest wait without news, seconds.")
@click.option("-o", "--output-dir", help="Where logs go; `output` by default.")
@click.option("-d", "--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@click.option("--skip-checks", is_flag=True, help="Go on although input files are missing.")
@pass_settings
def run(
    settings: Settings, /, spec_or_id: str, *, detach: bool, skip_checks: bool, **options: Any
) -> int:
    """Run a workflow on this machine: create it from a file, or take one by its id.

    The exit code is 0 only if every job completed. Ctrl-C ends the jobs and records them.
    """
    path = Path(spec_or_id)
    spec_path = None if spec_or_id.isdecimal() and not path.exists() else path
    runner_options = _runner_options(settings, options)
    spec = None if spec_path is None else load_workflow(spec_path)
    for warning in () if spec is None else spec.warnings:
        say(f"warning: {warning}")
    check_output_directory(runner_options.output_dir)
    client, is_embedded = settings.connection
    if spec is None:
        workflow_id = ID.convert(int(spec_or_id), None, None)
        check_runnable(client, workflow_id)
    else:
        workflow_id = create_workflow(client, spec, user=str(settings.choice.user))
    runner_options = msgspec.structs.replace(runner_options, workflow_id=workflow_id)
    if client.is_workflow_uninitialized(workflow_id):
        initialize_workflow(client, workflow_id, force=skip_checks)
    for remark in (*find_misfits(client, runner_options), *_other_runs(client.url, workflow_id)):
        say(f"warning: {remark}")
    directory = prepare_run(client, runner_options, is_embedded=is_embedded, spec=spec_path)
    if detach:
        return _detach(settings, directory, workflow_id)
    return _run_here(settings, client, directory, workflow_id)


def _other_runs(url: str, workflow_id: int) -> list[str]:
    return [
        f"another run of workflow {workflow_id} is active here, as process {run.meta.process.pid}"
        for run in list_runs()
        if run.state is RunState.RUNNING
        and run.meta.process is not None
        and (run.meta.url, run.meta.workflow_id) == (url, workflow_id)
    ]


def _runner_options(settings: Settings, options: dict[str, Any]) -> RunnerOptions:
    """Merge the command line over the configuration; the workflow is not known yet."""
    configured = settings.configured.run
    chosen = {
        name: getattr(configured, name) if value is None else value
        for name, value in options.items()
    }
    poll_interval = chosen.pop("poll_interval")
    return RunnerOptions(
        workflow_id=0, poll_interval_s=poll_interval, log_level=settings.log_level, **chosen
    )


def _detach(settings: Settings, directory: RunDirectory, workflow_id: int) -> int:
    process = start_run(directory)
    settings.output.message(
        f"Workflow {workflow_id} runs as process {process.pid}; follow it with `torc tui`, "
        f"its log is {directory.log_path}.",
        {
            "workflow_id": workflow_id,
            "pid": process.pid,
            "run_directory": str(directory.path),
            "log": str(directory.log_path),
        },
    )
    return ExitCode.OK


def _run_here(
    settings: Settings, client: TorcClient, directory: RunDirectory, workflow_id: int
) -> int:
    meta = directory.read_meta()
    say(f"Running workflow {workflow_id} ({meta.workflow_name}); logs in {meta.output_dir}")
    with ProgressReporter(client, workflow_id):
        summary = execute_run(directory, client)
    _print_summary(settings, summary)
    is_waiting = any(summary.jobs_by_status.get(status) for status in WAITING)
    if held := sum(summary.jobs_by_status.get(status, 0) for status in ACTIVE):
        say(
            f"Other runners or clients hold {held} job{'s' * (held > 1)} and have not told the end."
        )
    elif not is_waiting and not any(summary.outcomes.values()):
        say(f"Nothing was left to run. To start over: torc workflows initialize {workflow_id}")
    if summary.exit_code != ExitCode.OK and not settings.output.is_json:
        _explain(client, summary, Path(meta.output_dir))
    return summary.exit_code


def _print_summary(settings: Settings, summary: RunSummary) -> None:
    counts = {name: count for name, count in summary.jobs_by_status.items() if count}
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    settings.output.message(
        f"Workflow {summary.workflow_id}, run {summary.run_id}: {told or 'no jobs'} "
        f"in {format_seconds(summary.duration_s)} ({summary.reason}).",
        {
            "workflow_id": summary.workflow_id,
            "run_id": summary.run_id,
            "jobs_by_status": summary.jobs_by_status,
            "duration_seconds": summary.duration_s,
            "reason": summary.reason,
            "exit_code": summary.exit_code,
        },
    )


def _explain(client: TorcClient, summary: RunSummary, output_dir: Path) -> None:
    """Say which jobs failed and where their errors stand, and how to go on."""
    workflow_id = summary.workflow_id
    failed = client.list_results(workflow_id, status=JobStatus.FAILED, limit=FAILURES_SHOWN)
    for result in failed.items:
        job = client.get_job(result.job_id)
        stdio = job_stdio(
            str(output_dir), workflow_id, result.job_id, result.run_id, result.attempt_id
        )
        say(f"failed: {job.name}, return code {result.return_code}; its errors: {stdio}.e")
    if failed.total_count > len(failed.items):
        say(f"All {failed.total_count}: torc results list {workflow_id} --failed")
    if any(summary.jobs_by_status.get(status) for status in WAITING):
        say(f"Go on with what is left: torc run {workflow_id}")
