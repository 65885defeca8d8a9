"""`torc submit-slurm`: from what jobs need to a workflow in Slurm's queue, with one command."""

from __future__ import annotations

from typing import Any

import click

from torc_core.operations.slurm.submission.plan_spec import PlannedSpec, plan_spec
from torc_core.operations.slurm.submission.submit_file import FileSubmission, propose_submit_file
from torc_core.spec import read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.command_line import command_line
from torc_tui.cli.commands.submit import SubmitChoices, show_and_submit, site_options
from torc_tui.cli.options.plan_options import plan_options, plan_request
from torc_tui.cli.options.shared import accept_misfits_option
from torc_tui.cli.options.submit_options import question_options, submit_options
from torc_tui.cli.settings import Settings, pass_settings


@command(
    name="submit-slurm",
    examples=[
        "torc submit-slurm --account my_project workflow.yaml",
        "torc submit-slurm --account my_project workflow.yaml --dry-run",
        "torc submit-slurm --account my_project workflow.yaml --group-by partition -y",
    ],
)
@argument("file", type=click.Path(), help="A workflow file; `-` for standard input.")
@plan_options
@submit_options
@question_options
@accept_misfits_option
@pass_settings
def submit_slurm(
    settings: Settings,
    /,
    file: str,
    *,
    output_dir: str,
    skip_checks: bool,
    **chosen: Any,
) -> None:
    """Plan the allocations that the jobs of a file need, and submit it to Slurm.

    Jobs without dependencies get nodes at once, the others when they are ready. The file stays as
    it is; to see the schedulers and actions in it, use `torc slurm generate`.
    """
    request = plan_request(chosen)
    spec = read_spec(file).expand(skip_checks=skip_checks)
    planned = plan_spec(spec, settings.configured.hpc, request)
    submission = propose_submit_file(
        settings.connection,
        settings.slurm,
        _request(settings, planned),
        site_options(settings, output_dir),
    )
    title = {
        "workflow_name": spec.name,
        "hpc_profile": planned.plan.profile_name,
        "account": planned.plan.schedulers[0].record.account,
    }
    show_and_submit(settings, submission, title, SubmitChoices(**chosen))


def _request(settings: Settings, planned: PlannedSpec) -> FileSubmission:
    return FileSubmission(
        spec=planned.spec,
        user=settings.user,
        command=command_line(),
        placements=planned.placements,
        warnings=planned.plan.warnings,
    )
