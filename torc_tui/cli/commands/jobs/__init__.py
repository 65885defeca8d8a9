"""`torc jobs`: none of its commands is imported before it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "list": Entry("listing:list_", "List the jobs of a workflow."),
    "get": Entry("listing:get", "Show one job."),
    "cancel": Entry("changes:cancel", "Cancel jobs; those that run are stopped."),
    "terminate": Entry("changes:terminate", "Terminate running jobs."),
    "retry": Entry("changes:retry", "Give failed or terminated jobs another attempt."),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def jobs() -> None:
    """Create, list, show, change, cancel, terminate and retry jobs."""
