"""`torc run`: from a workflow file to finished results with one command."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.errors import ExitCode, TorcError, UsageError
from torc_core.host.directories import note_first_time
from torc_core.host.program import discard_output
from torc_core.model.ids import WorkflowId
from torc_core.operations.lifecycle.outcome import explain, remarks, run_sentence
from torc_core.operations.lifecycle.run import (
    Run,
    RunRequest,
    check_file_run,
    propose_run,
)
from torc_core.operations.run_options import runner_options
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.summary import RunSummary
from torc_core.spec import ExpandedWorkflow, SpecFile, read_spec
from torc_tui.cli.command import HiddenArgument, argument, command
from torc_tui.cli.command_line import command_line
from torc_tui.cli.options.run_options import run_options, skip_checks_option
from torc_tui.cli.options.types import FILE_OR_WORKFLOW
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.live_counts import LiveCounts
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc run workflow.yaml",
        "torc run workflow.yaml --max-parallel-jobs 4 --output-dir logs",
        "torc run latest --detach",
        "torc run 12 --limit-resources",
    ]
)
@argument(
    "spec_or_id",
    type=FILE_OR_WORKFLOW,
    help="A workflow file, or the id of a workflow, its name or `latest`; a file that exists wins.",
)
@click.argument("directory", cls=HiddenArgument, required=False, type=click.Path())
@run_options
@skip_checks_option
@pass_settings
def run(
    settings: Settings,
    /,
    spec_or_id: str,
    directory: str | None,
    *,
    detach: bool,
    skip_checks: bool,
    output_dir: str | None,
    **options: Any,
) -> int:
    """Run a workflow on this machine: create it from a file, or run an existing one.

    The exit code is 0 only if every job completed. Ctrl-C stops the jobs and records them.
    """
    if directory is not None and output_dir is not None:
        raise UsageError("The output directory is given twice.", hint="Keep --output-dir.")
    chosen = runner_options(settings.configured, output_dir=output_dir or directory, **options)
    workflow_id, spec = settings.find_workflow_unless_file(spec_or_id), None
    if workflow_id is None:
        spec = read_spec(spec_or_id)
        expanded = spec.expand(skip_checks=skip_checks)
        check_file_run(expanded, chosen, command_line(), force=skip_checks)
        workflow_id = _create(settings, expanded)
    return run_workflow(
        settings, workflow_id, chosen, is_detached=detach, force=skip_checks, spec=spec
    )


def run_workflow(
    settings: Settings,
    workflow_id: WorkflowId,
    options: RunnerOptions,
    *,
    is_detached: bool,
    force: bool,
    spec: SpecFile | None = None,
) -> int:
    """Run a workflow that exists, and return the exit code.

    Args:
        settings: The command's.
        workflow_id: The workflow.
        options: Those of the runner.
        is_detached: Run in the background.
        force: Run even if inputs are missing.
        spec: The file that the workflow was created from just now.
    """
    request = RunRequest(
        options=msgspec.structs.replace(options, workflow_id=workflow_id),
        is_detached=is_detached,
        spec=spec,
    )
    prepared = settings.carry_out(propose_run(settings.connection, request), force=force)
    _explain_server_once(settings)
    if is_detached:
        print_started(settings, prepared)
        return ExitCode.OK
    return execute(settings, prepared)


def _explain_server_once(settings: Settings) -> None:
    """Say with the first run that there is a private server, and how to see and stop it."""
    if settings.output.is_json or not settings.connection.is_embedded:
        return
    if note_first_time("server_explained"):
        say(
            "torc has started a private server for you on this machine.\n"
            "It keeps your workflows, and runs on.\n"
            "See it: torc server status. Stop it: torc server stop."
        )


def _create(settings: Settings, spec: ExpandedWorkflow) -> WorkflowId:
    from torc_core.operations.definition.create import create  # noqa: PLC0415 - not for a run by id

    with settings.reporter() as reporter:
        return create(settings.client, spec, user=settings.user, reporter=reporter).workflow_id


def print_started(settings: Settings, started: Run) -> None:
    """Print that a run was started in the background, and where its log is."""
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


def execute(settings: Settings, prepared: Run, *, is_summarized: bool = True) -> int:
    """Execute a prepared run, print its summary if it is wanted, and return the exit code."""
    from torc_core.runner.execution import execute_run  # noqa: PLC0415 - not for a detached run

    client = settings.client
    say(prepared.sentence)
    with LiveCounts(client, prepared.workflow_id) as counts:
        summary = execute_run(prepared.directory, client, on_progress=counts.note)
    try:
        if is_summarized:
            _print_summary(settings, summary)
    except BrokenPipeError:  # the exit code still says how it went
        discard_output()
    for sentence in remarks(summary, prepared.output_dir):
        say(sentence)
    if summary.exit_code != ExitCode.OK and not settings.output.is_json:
        try:
            for sentence in explain(client, summary, prepared.output_dir):
                say(sentence)
        except TorcError as error:  # the run itself is over
            say(f"Which jobs failed cannot be listed: {error.message}")
    return summary.exit_code


def _print_summary(settings: Settings, summary: RunSummary) -> None:
    settings.output.message(
        run_sentence(summary),
        {
            "workflow_id": summary.workflow_id,
            "run_id": summary.run_id,
            "jobs_by_status": summary.jobs_by_status,
            "duration_seconds": summary.duration_s,
            "reason": summary.reason,
            "over_limit": summary.over_limit,
            "exit_code": summary.exit_code,
        },
    )
