"""`torc workflows reset-status`."""

from __future__ import annotations

import click

from torc_core.operations.lifecycle.reset import ResetRequest, propose_reset
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command("reset-status", examples=["torc workflows reset-status 12 --failed-only --reinitialize"])
@workflow_argument
@click.option(
    "--failed-only",
    is_flag=True,
    help="Only failed, canceled and terminated jobs, and all jobs downstream of them.",
)
@click.option("--failed", "failed_only", is_flag=True, hidden=True)
@click.option(
    "-r",
    "--reinitialize",
    is_flag=True,
    help="Then start a new run of these jobs and of those that changed: see `reinitialize`.",
)
@click.option(
    "--force", is_flag=True, help="Continue even if jobs are active or inputs are missing."
)
@click.option("--no-prompts", is_flag=True, help="Do not ask.")
@pass_settings
def reset_status(
    settings: Settings,
    workflow: str | None,
    *,
    failed_only: bool,
    reinitialize: bool,
    force: bool,
    no_prompts: bool,
) -> None:
    """Reset the status of all jobs, or of those that failed.

    With --failed-only --reinitialize, failed jobs and those canceled because of them become ready
    to run again.
    """
    request = ResetRequest(
        workflow_id=settings.choose_workflow(workflow),
        failed_only=failed_only,
        reinitialize=reinitialize,
    )
    done = settings.carry_out(
        propose_reset(settings.client, request),
        ask=not (no_prompts or settings.output.is_json),
        force=force,
    )
    settings.output.message(
        done.sentence,
        {
            "status": "success",
            "workflow_id": request.workflow_id,
            "operations": {
                "workflow_reset": True,
                "job_reset": True,
                "reinitialize": reinitialize,
            },
            "failed_only": failed_only,
            "messages": [done.sentence],
        },
    )
