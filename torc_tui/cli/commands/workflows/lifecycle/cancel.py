"""`torc workflows cancel`."""

from __future__ import annotations

from torc_core.errors import ExitCode
from torc_core.operations.lifecycle.cancel import propose_cancel
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc workflows cancel 12"])
@workflow_argument
@pass_settings
def cancel(settings: Settings, workflow: str | None) -> ExitCode:
    """Cancel a workflow: its runners stop their jobs, and its Slurm allocations end.

    If allocations could not be canceled, the exit code says why; the workflow is canceled all the
    same.
    """
    chosen = settings.choose_workflow(workflow)
    done = settings.carry_out(propose_cancel(settings.client, chosen, settings.slurm))
    ended = done.allocations
    settings.output.message(
        done.sentence,
        {
            "status": "partial_success" if ended.error else "success",
            "workflow_id": chosen,
            "canceled_slurm_jobs": len(ended.canceled),
            "errors": [ended.error] if ended.error else [],
        },
    )
    return ended.exit_code
