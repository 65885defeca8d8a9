"""`torc workflows resume`."""

from __future__ import annotations

import time
from typing import Any

import click
import msgspec

from torc_core.config.bounds import SECONDS
from torc_core.errors import ExitCode
from torc_core.host.run_process import process_age_s
from torc_core.model.records.workflow_run import RunKind
from torc_core.operations.lifecycle.resume import RESUME_TIMEOUT_S, ResumeChoice, propose_resume
from torc_core.operations.lifecycle.run import RunRequest
from torc_core.operations.run_options import runner_options
from torc_tui.cli.command import command
from torc_tui.cli.commands.run import execute, print_started
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.run_options import run_options
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=["torc workflows resume 12", "torc workflows resume 12 --cold --resume-timeout 60"]
)
@workflow_argument
@click.option(
    "--hot", "kind", flag_value=RunKind.HOT_RESUME.value, help="Running jobs continue; the default."
)
@click.option(
    "--cold",
    "kind",
    flag_value=RunKind.COLD_RESUME.value,
    help="Stop all runners and their jobs first, then begin a new run.",
)
@click.option(
    "--resume-timeout",
    type=number(SECONDS),
    default=RESUME_TIMEOUT_S,
    show_default=True,
    help="How long --cold waits for jobs to end, in seconds.",
)
@click.option(
    "--force-cleanup",
    is_flag=True,
    help="Do not wait for runners that do not answer; with --cold, not for running jobs either.",
)
@click.option("--no-run", is_flag=True, help="Start no runner here; leave the jobs to others.")
@run_options
@pass_settings
def resume(  # noqa: PLR0913 - options
    settings: Settings,
    /,
    workflow: str | None,
    *,
    kind: str | None,
    resume_timeout: float,
    force_cleanup: bool,
    no_run: bool,
    detach: bool,
    **options: Any,
) -> int:
    """Resume a workflow: run again everything that has not completed.

    Failed, canceled and terminated jobs run again, with all their retries, and so do the jobs that
    wait for them. Completed and disabled jobs stay as they are. Then a runner starts here, as with
    `torc run`.
    """
    asked_at = time.monotonic() - process_age_s()
    chosen = settings.choose_workflow(workflow)
    runner = runner_options(settings.configured, **options)
    request = RunRequest(
        options=msgspec.structs.replace(runner, workflow_id=chosen), is_detached=detach
    )
    choice = ResumeChoice(
        workflow_id=chosen,
        kind=RunKind(kind or RunKind.HOT_RESUME),
        timeout_s=resume_timeout,
        force_cleanup=force_cleanup,
        asked_at=asked_at,
        run=None if no_run else request,
    )
    done = settings.carry_out(propose_resume(settings.connection, choice))
    if done.run is None:
        settings.output.message(
            done.sentence,
            {
                "workflow_id": done.workflow_id,
                "workflow_run_id": done.workflow_run_id,
                "kind": done.kind,
                "run_id": done.run_id,
                "resumed_jobs": done.resumed_jobs,
                "settled_jobs": done.settled_jobs,
            },
        )
        return ExitCode.OK
    say(done.sentence)
    if detach:
        print_started(settings, done.run)
        return ExitCode.OK
    return execute(settings, done.run)
