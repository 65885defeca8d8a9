"""`torc submit`: a workflow with its own schedulers, from its file or its id to the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from torc_core.model.ids import WorkflowId
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.submit import (
    SlurmSubmission,
    Submitted,
    propose_submit,
    title_record,
)
from torc_core.operations.slurm.submission.submit_file import FileSubmission, propose_submit_file
from torc_core.spec import read_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.command_line import command_line
from torc_tui.cli.options.shared import accept_misfits_option
from torc_tui.cli.options.submit_options import question_options, submit_options
from torc_tui.cli.options.types import FILE_OR_WORKFLOW
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc submit workflow.yaml",
        "torc submit workflow.yaml --dry-run",
        "torc submit 12 --no-prompts",
    ]
)
@argument(
    "spec_or_id",
    type=FILE_OR_WORKFLOW,
    help="A workflow file, or the id of a workflow, its name or `latest`; a file that exists wins.",
)
@submit_options
@question_options
@accept_misfits_option
@pass_settings
def submit(
    settings: Settings,
    /,
    spec_or_id: str,
    *,
    output_dir: str,
    skip_checks: bool,
    **choices: bool,
) -> None:
    """Submit a workflow to Slurm that says itself which nodes it needs.

    It needs an action that requests nodes as the workflow starts. To have these planned from what
    jobs need, use `torc submit-slurm`.
    """
    options = site_options(settings, output_dir)
    workflow_id = settings.find_workflow_unless_file(spec_or_id)
    if workflow_id is not None:
        submit_workflow(settings, workflow_id, options, SubmitChoices(**choices))
        return
    request = FileSubmission(
        spec=read_spec(spec_or_id).expand(skip_checks=skip_checks),
        user=settings.user,
        command=command_line(),
    )
    submission = propose_submit_file(settings.connection, settings.slurm, request, options)
    title = {"workflow_name": request.spec.name}
    show_and_submit(settings, submission, title, SubmitChoices(**choices))


def submit_workflow(
    settings: Settings, workflow_id: WorkflowId, options: SiteOptions, choices: SubmitChoices
) -> None:
    """Submit a workflow that exists."""
    submission = propose_submit(settings.connection, settings.slurm, workflow_id, options)
    title = title_record(settings.client.get_workflow(workflow_id))
    show_and_submit(settings, submission, title, choices)


def site_options(settings: Settings, output_dir: str) -> SiteOptions:
    """Return what was chosen for workers: on the command line, else by the configuration."""
    return SiteOptions(output_dir=output_dir, server_host=settings.configured.slurm.server_host)


class SubmitChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says of how to submit; the names are those of its options."""

    no_prompts: bool
    dry_run: bool
    ignore_missing_data: bool = False


def show_and_submit(
    settings: Settings,
    submission: SlurmSubmission,
    title: Mapping[str, Any],
    choices: SubmitChoices,
) -> None:
    """Show a plan, ask, submit, and print what was done.

    Where there is no terminal to ask in, who typed the command has agreed.

    Args:
        settings: The command's.
        submission: The plan and the proposal.
        title: Which workflow it is, for programs.
        choices: Whether to ask, and whether to do it at all.
    """
    proposal, plan = submission.proposal, submission.plan
    question = proposal.question
    assert question is not None
    force = choices.ignore_missing_data
    if choices.dry_run:
        if proposal.objection is not None and not force:
            raise proposal.objection
        for warning in proposal.warnings:
            say(f"warning: {warning.sentence}")
        text = "\n".join([*question.lines, f"{plan.size[:1].upper()}{plan.size[1:]}."])
        settings.output.message(text, plan.record(title))
        return
    done = settings.carry_out_shown(
        proposal, plan.lines, no_prompts=choices.no_prompts, force=force
    )
    print_submitted(settings, done)


def print_submitted(settings: Settings, done: Submitted) -> None:
    """Print what was submitted, and where to look next."""
    settings.output.message(
        f"{done.sentence}\nFollow it with `torc tui`; its logs are in {done.output_dir}\n"
        f"To have it recovered when jobs fail: torc watch {done.workflow_id} --recover "
        "--auto-schedule",
        {
            "status": "success",
            "message": done.sentence,
            "workflow_id": done.workflow_id,
            "slurm_job_ids": list(done.slurm_job_ids),
        },
    )
