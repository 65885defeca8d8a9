"""The commands of `torc slurm`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "create": Entry("schedulers:create", "Create a Slurm scheduler."),
    "update": Entry("schedulers:update", "Change the given fields of a Slurm scheduler."),
    "list": Entry("schedulers:list_", "List the Slurm schedulers of a workflow."),
    "get": Entry("schedulers:get", "Show a Slurm scheduler."),
    "delete": Entry("schedulers:delete", "Delete a Slurm scheduler."),
    "generate": Entry("generate:generate", "Plan the allocations of a workflow file."),
    "regenerate": Entry(
        "regenerate:regenerate", "Plan new allocations for the jobs that are left."
    ),
    "schedule-nodes": Entry(
        "schedule_nodes:schedule_nodes", "Request further nodes for a workflow."
    ),
    "parse-logs": Entry("parse_logs:parse_logs", "Search the logs of allocations for errors."),
    "sacct": Entry("sacct:sacct", "Show what Slurm's accounting knows of allocations."),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def slurm() -> None:
    """Slurm: the settings of allocations, how they ended, and their logs."""
