"""`torc workflows run`."""

from __future__ import annotations

from typing import Any

from torc_core.operations.run_options import runner_options
from torc_tui.cli.command import command
from torc_tui.cli.commands.run import run_workflow
from torc_tui.cli.options.run_options import run_options, skip_checks_option
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=["torc workflows run 12", "torc workflows run latest --max-parallel-jobs 4 --detach"]
)
@workflow_argument
@run_options
@skip_checks_option
@pass_settings
def run(
    settings: Settings,
    /,
    workflow: str | None,
    *,
    detach: bool,
    skip_checks: bool,
    **options: Any,
) -> int:
    """Run a workflow on this machine, as `torc run` does with its id."""
    chosen = settings.choose_workflow(workflow)
    runner = runner_options(settings.configured, **options)
    return run_workflow(settings, chosen, runner, is_detached=detach, force=skip_checks)
