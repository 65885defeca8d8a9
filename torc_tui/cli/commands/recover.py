"""`torc recover`."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

import click

from torc_core.errors import ExitCode, TorcError
from torc_core.operations.recovery.options import RUNTIME_MULTIPLIER
from torc_core.operations.recovery.procedure.outcome import Recovered
from torc_core.operations.recovery.recover import (
    RecoverRequest,
    preview_recover,
    propose_recover,
)
from torc_core.operations.run_options import runner_options
from torc_tui.cli.command import command
from torc_tui.cli.commands.run import execute
from torc_tui.cli.commands.submit import site_options
from torc_tui.cli.options.recovery_options import recovery_options, taken_options
from torc_tui.cli.options.server_host import server_host_option
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc recover 12 --dry-run",
        "torc recover 12",
        "torc recover 12 --memory-multiplier 2.0 --runtime-multiplier 1.5",
        "torc recover 12 --recovery-hook 'bash fix-cluster.sh'",
    ]
)
@workflow_argument
@click.option(
    "-o",
    "--output-dir",
    help="Directory of logs, which compute nodes share; `output` by default.",
)
@recovery_options(RUNTIME_MULTIPLIER)
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option("-y", "--no-prompts", is_flag=True, help="Do not ask before it is done.")
@click.option(
    "-d", "--detach", is_flag=True, help="Without Slurm: run the workflow in the background."
)
@server_host_option
@pass_settings
def recover(
    settings: Settings,
    workflow: str | None,
    *,
    output_dir: str | None,
    dry_run: bool,
    no_prompts: bool,
    detach: bool,
    **options: Any,
) -> int:
    """Recover a workflow from failures, once: find out why jobs failed, and run them again.

    Jobs that ran out of memory or time get more. Those that were lost or stopped with their node,
    runner or allocation run again with what they had. The others are left alone, as they would fail
    again.

    Jobs of Slurm get new allocations; a workflow that has run without Slurm runs on this machine.
    If nothing could be retried, the exit code is 1.
    """
    with _errors_as_data(settings, workflow, dry_run=dry_run), _ended_in_order():
        request = RecoverRequest(
            workflow_id=settings.choose_workflow(workflow),
            options=taken_options(options),
            run=runner_options(settings.configured, output_dir=output_dir),
            is_detached=detach,
            site=site_options(settings, output_dir or "output"),
            settings=settings.configured.hpc,
            user=settings.user,
        )
        if dry_run:
            return _preview(settings, request)
        with settings.reporter(tells=not settings.output.is_json) as reporter:
            proposal = propose_recover(settings.connection, settings.slurm, request, reporter)
        done = settings.carry_out_shown(
            proposal,
            () if proposal.question is None else proposal.question.lines,
            no_prompts=no_prompts,
            tells=not settings.output.is_json,
        )
    return _finish(settings, done)


def _preview(settings: Settings, request: RecoverRequest) -> int:
    with settings.reporter(tells=not settings.output.is_json) as reporter:
        found = preview_recover(settings.connection, settings.slurm, request, reporter)
    settings.output.message(
        "\n".join([*found.lines, "Dry run: nothing was changed."]), found.record
    )
    return found.exit_code


def _finish(settings: Settings, done: Recovered) -> int:
    """Print what was done, and execute the run that was prepared, if there is one."""
    settings.output.message("\n".join(done.lines), done.record)
    if done.run is None or done.run.pid is not None:
        return done.exit_code
    return execute(settings, done.run, is_summarized=not settings.output.is_json)


@contextlib.contextmanager
def _errors_as_data(settings: Settings, workflow: str | None, *, dry_run: bool) -> Iterator[None]:
    """Print errors for programs too, as the reference does."""
    try:
        yield
    except TorcError as error:
        is_id = workflow is not None and workflow.isdecimal()
        workflow_id = int(workflow) if is_id and workflow is not None else None
        settings.output.data(
            {"error": error.message, "workflow_id": workflow_id, "dry_run": dry_run}
        )
        raise


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """End a recovery with its hook on any signal, so that the next one continues at once."""
    previous = {
        signum: signal.signal(signum, _end)
        for signum in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(signum) is not signal.SIG_IGN  # as below nohup
    }
    try:
        yield
    except KeyboardInterrupt:
        say("The same command continues what it has begun.")
        raise
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def _end(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(ExitCode.TERMINATED)
