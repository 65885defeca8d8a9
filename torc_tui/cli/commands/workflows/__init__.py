"""`torc workflows`: one module for each command or two; none is imported before it is called."""

from __future__ import annotations

import click

from torc_tui.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "create": Entry("workflows.create:create", "Create a workflow from a file."),
    "list": Entry("workflows.show:list_", "List workflows."),
    "get": Entry("workflows.show:get", "Show a workflow and its settings."),
    "status": Entry("workflows.status:status", "Show run number, flags and job counts."),
    "is-complete": Entry("workflows.status:is_complete", "Show whether every job is complete."),
    "initialize": Entry("workflows.initialize:initialize", "Start a new run of every job."),
    "reset-status": Entry(
        "workflows.reset_status:reset_status", "Reset all jobs, or those that failed."
    ),
    "resume": Entry("workflows.resume:resume", "Run everything again that has not completed."),
    "runs": Entry("workflows.runs:runs", "List the starts and resumes of a workflow."),
    "cancel": Entry("workflows.cancel:cancel", "Cancel a workflow; its runners stop their jobs."),
    "archive": Entry("workflows.archive:archive", "Archive workflows, or restore them."),
    "delete": Entry("workflows.delete:delete", "Delete workflows with everything they contain."),
    "execution-plan": Entry(
        "workflows.execution_plan:execution_plan", "Show what starts when, and what that unblocks."
    ),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def workflows() -> None:
    """Create, list, start and delete workflows."""
