"""`torc slurm regenerate`."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.operations.slurm.regeneration.regenerate import (
    RegenerateRequest,
    Regeneration,
    propose_regenerate,
)
from torc_core.operations.slurm.submission.site import POLL_INTERVAL_S
from torc_tui.cli.command import command
from torc_tui.cli.command_line import command_line
from torc_tui.cli.commands.submit import site_options
from torc_tui.cli.options.id_lists import IdListCommand, id_list
from torc_tui.cli.options.numbers import setting
from torc_tui.cli.options.plan_options import grouping_options, plan_request, walltime_options
from torc_tui.cli.options.server_host import server_host_option
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.submit_options import question_options
from torc_tui.cli.options.types import PROFILE
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.settings import Settings, pass_settings


@command(
    cls=IdListCommand,
    examples=[
        "torc slurm regenerate 12 --dry-run",
        "torc slurm regenerate 12 --submit",
        "torc slurm regenerate 12 --account my_project --profile kestrel --submit",
    ],
)
@workflow_argument
@click.option(
    "-a",
    "--account",
    metavar="ACCOUNT",
    help="The Slurm account; by default that of the workflow's latest scheduler, else of its "
    "slurm_defaults, or of the profile.",
)
@click.option("--profile", type=PROFILE, help="The HPC profile; by default that of this machine.")
@grouping_options
@walltime_options
@click.option(
    "--submit", is_flag=True, help="Request the allocations for jobs that can run now, too."
)
@click.option(
    "-o",
    "--output-dir",
    default="output",
    show_default=True,
    help="Directory of logs, with `--submit`; compute nodes share it.",
)
@click.option(
    "-p",
    "--poll-interval",
    "poll_interval_s",
    type=setting("poll_interval"),
    default=POLL_INTERVAL_S,
    show_default=True,
    help="Longest wait of workers for news, in seconds, with `--submit`.",
)
@id_list(
    "--include-job-ids",
    help="Plan for these jobs whatever their status is; for failed ones that are to be reset.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Plan even if allocations of the workflow wait or run; those stay as they are.",
)
@server_host_option
@question_options
@pass_settings
def regenerate(settings: Settings, workflow: str | None, **chosen: Any) -> None:
    """Plan new allocations for the jobs of a workflow that no worker has begun.

    These are the jobs that are uninitialized, ready or blocked. What requested nodes before no
    longer does. Jobs that wait for others get their nodes when they are ready, the others with
    `--submit`. A call that was interrupted may be repeated.
    """
    workflow_id = settings.choose_workflow(workflow)
    site = msgspec.structs.replace(
        site_options(settings, chosen["output_dir"]), poll_interval_s=chosen["poll_interval_s"]
    )
    request = RegenerateRequest(
        plan=plan_request(chosen),
        site=site if chosen["submit"] else None,
        include_job_ids=tuple(chosen["include_job_ids"] or ()),
        beside_unfinished=chosen["force"],
        command=command_line(),
    )
    proposed = propose_regenerate(
        settings.connection, settings.slurm, settings.configured.hpc, workflow_id, request
    )
    if chosen["dry_run"]:
        _show(settings, proposed)
        return
    done = settings.carry_out_shown(
        proposed.proposal, proposed.shown.lines, no_prompts=chosen["no_prompts"]
    )
    settings.output.message(done.sentence, done.record)


def _show(settings: Settings, proposed: Regeneration) -> None:
    """Show what would be done, and what would be objected to."""
    proposal = proposed.proposal
    warnings = [each.sentence for each in proposal.warnings]
    if proposal.objection is not None:
        warnings.append(proposal.objection.message)
    for warning in warnings:
        say(f"warning: {warning}")
    if proposed.nothing is not None:
        settings.output.message(proposed.nothing.sentence, proposed.dry_run_record)
        return
    question, size = proposal.question, proposed.shown.size
    assert question is not None
    text = "\n".join([*question.lines, f"{size[:1].upper()}{size[1:]}."])
    settings.output.message(text, proposed.dry_run_record)
