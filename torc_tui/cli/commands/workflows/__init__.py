"""The commands of `torc workflows`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "create": Entry("definition.create:create", "Create a workflow from a file."),
    "create-slurm": Entry(
        "definition.create_slurm:create_slurm",
        "Create a workflow from a file, with the Slurm allocations that it needs.",
    ),
    "new": Entry("definition.edit:new", "Create a workflow without jobs."),
    "update": Entry("definition.edit:update", "Change the name and other fields of a workflow."),
    "list": Entry("definition.show:list_", "List workflows."),
    "get": Entry("definition.show:get", "Show a workflow and its settings."),
    "status": Entry("lifecycle.status:status", "Show run number, flags and job counts."),
    "is-complete": Entry("lifecycle.status:is_complete", "Show whether no job is left to run."),
    "list-actions": Entry("definition.actions:list_actions", "List the actions of a workflow."),
    "run": Entry("lifecycle.run:run", "Run a workflow on this machine, as `torc run` does."),
    "initialize": Entry("lifecycle.initialize:initialize", "Start a new run of every job."),
    "initialize-jobs": Entry(
        "lifecycle.initialize:initialize", "Start a new run of every job.", is_hidden=True
    ),
    "reinitialize": Entry(
        "lifecycle.reinitialize:reinitialize",
        "Start a new run of jobs that changed or did not complete.",
    ),
    "reset-status": Entry(
        "lifecycle.reset_status:reset_status", "Reset all jobs, or those that failed."
    ),
    "resume": Entry("lifecycle.resume:resume", "Run again everything that has not completed."),
    "runs": Entry("lifecycle.runs:runs", "List the starts and resumes of a workflow."),
    "correct-resources": Entry(
        "lifecycle.correct_resources:correct_resources",
        "Raise the requirements of jobs that used more than they state.",
    ),
    "sync-status": Entry(
        "lifecycle.sync_status:sync_status",
        "Record which allocations and jobs are over, by Slurm's word.",
    ),
    "submit": Entry(
        "lifecycle.submit:submit", "Submit a workflow to Slurm, as `torc submit` does."
    ),
    "cancel": Entry(
        "lifecycle.cancel:cancel", "Cancel a workflow: its jobs stop, its allocations end."
    ),
    "archive": Entry("definition.archive:archive", "Archive workflows, or restore them."),
    "delete": Entry("definition.delete:delete", "Delete workflows with everything they contain."),
    "convert": Entry("definition.convert:convert", "Write a workflow file in another format."),
    "export": Entry("definition.transfer:export", "Export a workflow to a JSON file."),
    "import": Entry("definition.transfer:import_", "Import a workflow from an exported file."),
    "execution-plan": Entry(
        "lifecycle.execution_plan:execution_plan",
        "Show which jobs start when, and which they unblock.",
    ),
}

INSTEAD = {
    "start": "torc run WORKFLOW",
    "show": "torc workflows get WORKFLOW",
    "stop": "torc workflows cancel WORKFLOW",
    "restart": "torc workflows resume WORKFLOW",
    "rename": "torc workflows update WORKFLOW --name NAME",
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS, instead=INSTEAD)
def workflows() -> None:
    """Create, list, start and delete workflows."""
