"""`torc jobs list-resource-requirements` and `list-failure-handlers`."""

from __future__ import annotations

import click

from torc_core.model.ids import JobId, WorkflowId
from torc_core.operations.jobs.related import jobs_with_failure_handlers, jobs_with_requirements
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.types import ID
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.data.job_relations import JOB_FAILURE_HANDLERS, JOB_REQUIREMENTS

_job_option = click.option("-j", "--job-id", type=ID, help="Only this job.")


@command(
    "list-resource-requirements",
    examples=[
        "torc jobs list-resource-requirements 1",
        "torc -f json jobs list-resource-requirements -j 12",
    ],
)
@workflow_argument
@_job_option
@pass_settings
def list_resource_requirements(
    settings: Settings, workflow: str | None, job_id: JobId | None
) -> None:
    """List jobs with their resource requirements."""
    chosen = _workflow_of(settings, workflow, job_id)
    found = jobs_with_requirements(settings.client, chosen, job_id)
    settings.output.array("jobs", found, JOB_REQUIREMENTS)


@command(
    "list-failure-handlers",
    examples=[
        "torc jobs list-failure-handlers 1",
        "torc -f json jobs list-failure-handlers -j 12",
    ],
)
@workflow_argument
@_job_option
@pass_settings
def list_failure_handlers(settings: Settings, workflow: str | None, job_id: JobId | None) -> None:
    """List the jobs that have a failure handler, with its rules."""
    chosen = _workflow_of(settings, workflow, job_id)
    found = jobs_with_failure_handlers(settings.client, chosen, job_id)
    settings.output.array("jobs with a failure handler", found, JOB_FAILURE_HANDLERS)


def _workflow_of(settings: Settings, workflow: str | None, job_id: JobId | None) -> WorkflowId:
    """Return the workflow that is named, that of the job, or one that is chosen."""
    if workflow is None and job_id is not None:
        return settings.client.get_job(job_id).workflow_id
    return settings.choose_workflow(workflow)
