"""The commands of `torc jobs`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "list": Entry("listing:list_", "List the jobs of a workflow."),
    "get": Entry("listing:get", "Show one job."),
    "logs": Entry("logs:logs", "Print the output of a job, or follow it."),
    "create": Entry("create:create", "Create a job."),
    "create-from-file": Entry("create:create_from_file", "Create a job for each line of a file."),
    "update": Entry("create:update", "Change the given fields of one job."),
    "cancel": Entry("changes:cancel", "Cancel jobs; running ones are stopped."),
    "terminate": Entry("changes:terminate", "Terminate running jobs."),
    "retry": Entry("changes:retry", "Give failed or terminated jobs another attempt."),
    "delete": Entry("delete:delete", "Delete jobs."),
    "delete-all": Entry("delete:delete_all", "Delete all jobs of a workflow."),
    "list-resource-requirements": Entry(
        "related:list_resource_requirements", "List jobs with their resource requirements."
    ),
    "list-failure-handlers": Entry(
        "related:list_failure_handlers", "List jobs with their failure handlers."
    ),
    "list-by-status": Entry("listing:list_by_status", "See `list --status`.", is_hidden=True),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def jobs() -> None:
    """Create, list, change, cancel, retry and delete jobs; read their output."""
