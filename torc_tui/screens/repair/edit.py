"""Editing what failed in the user's own editor: a command, its script, or the workflow as text."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import msgspec

from torc_core.errors import SpecError
from torc_core.host.connect import Connection
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.create import Created, create
from torc_core.operations.definition.transfer.import_workflow import (
    ImportOptions,
    import_workflow,
)
from torc_core.operations.definition.transfer.notices import Imported
from torc_core.operations.facts import title_of
from torc_core.operations.repair.commands import propose_commands, refuse_uneditable
from torc_core.operations.repair.scripts import script_of
from torc_core.operations.repair.workflow_text import (
    WorkflowText,
    check_workflow_text,
    compare_with_workflow,
    read_workflow_text,
)
from torc_core.spec import SpecFile
from torc_core.units import counted
from torc_tui.keys.in_words import in_keys
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.performing import CreationReporter
from torc_tui.screens.actions.workflows import run_proposal
from torc_tui.screens.dialogs.choose import Choose
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.repair.edited import EditedText, edit_file, edited_text

_SHOWN = 50
"""Characters of a command in the menu."""


async def edit(context: ActionContext, selection: Selection) -> None:
    """Ask what is to be edited of the job under the cursor, and edit it; without one, the workflow.

    Raises:
        ConflictError: It cannot be changed now, or it is as before.
        UsageError: There is no editor, or what was written cannot be used.
        SpecError: The edited workflow has problems, and the user leaves it at that.
    """
    job = selection.first_job
    if job is None:
        await edit_workflow(context, selection.workflows[0])
        return
    fresh, script = await context.call(
        lambda client: (client.get_job(id_of(job)), script_of(client, job))
    )
    command = fresh.command.splitlines()[0] if fresh.command else ""
    cut = command if len(command) <= _SHOWN else f"{command[:_SHOWN]} …"
    choices = [("c", f"its command: {cut}")]
    if script is not None:
        choices.append(("s", f"its script: {script}"))
    choices.append(("w", "the workflow as text"))
    chosen = await context.ask(Choose(f"What to edit of job {fresh.id} ({fresh.name})?", choices))
    if chosen == "c":
        await edit_command(context, fresh)
    elif chosen == "s" and script is not None:
        await edit_script(context, fresh, script)
    elif chosen == "w":
        await edit_workflow(context, selection.workflows[0])


async def edit_command(context: ActionContext, job: Job) -> None:
    """Edit the command of a job; after a question with the difference it is changed."""
    refuse_uneditable(job)
    async with edited_text(context, f"{job.command}\n", f"job_{job.id}.sh") as edited:
        text = await edited.edit()
        done = await context.carry_out(
            lambda server: propose_commands(server.client, job.workflow_id, {id_of(job): text})
        )
        edited.is_used = done is not None


async def edit_script(context: ActionContext, job: Job, script: Path) -> None:
    """Edit the script that the command of a job starts; it is the user's own file."""
    if await _has_changed(context, script):
        retry, rerun = (
            f"torc jobs retry {job.id}",
            f"torc recover {job.workflow_id} --retry-unknown",
        )
        said = f"To retry job {job.id}: {retry}; all that failed: {rerun}"
        context.tell(in_keys(f"Saved {script.name}. {said}"))
    else:
        context.tell(f"{script.name} is as before.")


async def edit_workflow(context: ActionContext, workflow: Workflow) -> None:
    """Edit a workflow as text; then make another one of it, or change commands of this one."""
    workflow_id = id_of(workflow)
    context.tell(f"Reading {title_of(workflow)} …")
    before = await context.call(lambda client: read_workflow_text(client, workflow_id))
    name = f"workflow_{workflow_id}{before.suffix}"
    async with edited_text(context, before.text, name) as file:
        edited, commands = await _edit_until_valid(context, file, before, name)
        if edited.text == before.text:
            context.tell("The workflow is as before.")
            return
        file.is_used = await _use(context, workflow, edited, commands)


async def _edit_until_valid(
    context: ActionContext, file: EditedText, before: WorkflowText, name: str
) -> tuple[WorkflowText, dict[str, str]]:
    """Return the text that has no problems, and its commands by name of the job."""
    while True:
        edited = msgspec.structs.replace(before, text=await file.edit())
        try:
            return edited, await context.session.requests.in_thread(
                partial(check_workflow_text, edited, name)
            )
        except SpecError as error:
            lines = [*error.problems, f"Without y what you wrote stays in {file.place}"]
            if not await context.ask(Confirm("Edit it again?", lines)):
                raise


async def _use(
    context: ActionContext, workflow: Workflow, edited: WorkflowText, commands: dict[str, str]
) -> bool:
    """Ask what an edited workflow is for, and do it; return whether it was done."""
    workflow_id = id_of(workflow)
    found = await context.call(lambda client: compare_with_workflow(client, workflow_id, commands))
    choices = [("n", f"make a new workflow of it, with {counted(found.num_jobs, 'job')}")]
    if found.commands:
        changed = counted(len(found.commands), "changed command")
        choices.insert(0, ("a", f"apply {changed} to {title_of(workflow)}"))
    chosen = await context.ask(
        Choose("The text has no problems. What is it for?", choices, found.lines())
    )
    if chosen == "a":
        done = await context.carry_out(
            lambda server: propose_commands(server.client, workflow_id, found.commands)
        )
        return done is not None
    if chosen == "n":
        await _create(context, edited)
        return True
    context.tell("Nothing was changed.")
    return False


async def _create(context: ActionContext, edited: WorkflowText) -> None:
    reporter = CreationReporter(context.tell)
    source = f"edited{edited.suffix}"
    spec = SpecFile(source=source, suffix=edited.suffix, text=edited.text)

    def make(server: Connection) -> Created | Imported:
        if edited.is_export:
            options = ImportOptions(user=context.session.user)
            document = io.BytesIO(edited.text.encode())
            return import_workflow(server.client, document, source, options, reporter)
        return create(server.client, spec.expand(), user=context.session.user, reporter=reporter)

    made = await context.run(make)
    workflow_id: WorkflowId = made.workflow_id
    context.select(await context.call(lambda client: client.get_workflow(workflow_id)))
    context.tell(made.sentence)
    kept = None if edited.is_export else spec
    await context.carry_out(
        lambda server: run_proposal(context, server, workflow_id, kept, reporter.warnings)
    )


async def _has_changed(context: ActionContext, path: Path) -> bool:
    """Have a file edited; return whether it was saved."""
    look = context.session.requests.look
    before = (await look(path.stat)).st_mtime_ns
    await edit_file(context, path)
    return (await look(path.stat)).st_mtime_ns != before
