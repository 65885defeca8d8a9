"""`torc run`: from a workflow file to finished results with one command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from torc_core.client import TorcClient
from torc_core.creation import create_workflow
from torc_core.errors import ExitCode
from torc_core.lifecycle import initialize_workflow
from torc_core.local.launch import prepare_run
from torc_core.local.runs import RunDirectory, start_run
from torc_core.runner import RunnerOptions, RunSummary, execute_run
from torc_core.spec import load_workflow
from torc_core.units import format_seconds
from torc_tui.cli.context import Settings, pass_settings
from torc_tui.cli.diagnostics import say
from torc_tui.cli.progress import ProgressReporter

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
    if spec_path is None:
        client, is_embedded = settings.connection
        workflow_id = int(spec_or_id)
    else:
        spec = load_workflow(spec_path)
        for warning in spec.warnings:
            say(f"warning: {warning}")
        client, is_embedded = settings.connection
        workflow_id = create_workflow(client, spec, user=str(settings.choice.user))
    if client.is_workflow_uninitialized(workflow_id):
        initialize_workflow(client, workflow_id, force=skip_checks)
    directory = prepare_run(
        client,
        _runner_options(settings, workflow_id, options),
        is_embedded=is_embedded,
        spec=spec_path,
    )
    if detach:
        return _detach(settings, directory, workflow_id)
    return _run_here(settings, client, directory, workflow_id)


def _runner_options(settings: Settings, workflow_id: int, options: dict[str, Any]) -> RunnerOptions:
    """Merge the command line over the configuration."""
    configured = settings.configured.run
    chosen = {
        name: getattr(configured, name) if value is None else value
        for name, value in options.items()
    }
    poll_interval = chosen.pop("poll_interval")
    return RunnerOptions(workflow_id=workflow_id, poll_interval_s=poll_interval, **chosen)


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
    if summary.exit_code == ExitCode.JOBS_FAILED:
        say(f"Look at what failed: torc results list {summary.workflow_id} --failed")
