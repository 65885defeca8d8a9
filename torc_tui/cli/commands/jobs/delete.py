"""`torc jobs delete` and `delete-all`."""

from __future__ import annotations

import click
import msgspec

from torc_core.errors import NotFoundError
from torc_core.model.ids import JobId
from torc_core.operations.jobs.delete import propose_delete_all_jobs, propose_delete_jobs
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import jobs_argument, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc jobs delete 12 13"])
@jobs_argument
@pass_settings
def delete(settings: Settings, job_ids: tuple[JobId, ...]) -> None:
    """Delete jobs and their results: all of them, or none if one is unknown or running."""
    try:
        proposal = propose_delete_jobs(settings.client, job_ids)
    except NotFoundError as error:
        missing = error.details["missing_ids"]
        settings.output.data({"error": error.message, "missing_ids": missing})
        raise
    done = settings.carry_out(proposal)
    settings.output.message(done.sentence, {"jobs": msgspec.to_builtins(done.jobs)})


@command(
    "delete-all",
    examples=["torc jobs delete-all 1", "torc jobs delete-all latest --no-prompts"],
)
@workflow_argument
@click.option("--no-prompts", is_flag=True, help="Do not ask.")
@pass_settings
def delete_all(settings: Settings, workflow: str | None, *, no_prompts: bool) -> None:
    """Delete all jobs of a workflow and their results."""
    chosen = settings.choose_workflow(workflow)
    done = settings.carry_out(propose_delete_all_jobs(settings.client, chosen), ask=not no_prompts)
    settings.output.message(done.sentence, msgspec.to_builtins(done.message))
