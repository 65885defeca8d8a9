"""What the keys for new workflows do: choose a file or put one together, create, offer to run."""

from __future__ import annotations

from torc_core.operations.definition.create import Created
from torc_core.operations.definition.create import create as create_on
from torc_core.operations.lifecycle.initialize import propose_initialize
from torc_core.operations.reporter import carry_out_unasked
from torc_core.spec import ExpandedWorkflow, SpecFile
from torc_tui.keys.in_words import key_of
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.performing import CreationReporter
from torc_tui.screens.actions.workflows import run_proposal
from torc_tui.screens.creating.create_dialog import WIZARD, CreateDialog
from torc_tui.screens.creating.wizard import Wizard
from torc_tui.state.creating.review import Goal


async def create(context: ActionContext, selection: Selection) -> None:
    """Create a workflow from a file; then offer to run it."""
    chosen = await context.ask(CreateDialog(context.session.requests))
    if chosen is None:
        return
    if chosen is WIZARD:
        await make(context, selection)
        return
    await create_and_offer(context, chosen.spec, chosen.file)


async def create_and_offer(context: ActionContext, spec: ExpandedWorkflow, file: SpecFile) -> None:
    """Create a workflow of a file, go into it, and offer to run it."""
    reporter = CreationReporter(context.tell)
    created = await _create_on_server(context, spec, reporter)
    await _open(context, created)
    await context.carry_out(
        lambda server: run_proposal(context, server, created.workflow_id, file, reporter.warnings)
    )


async def make(context: ActionContext, _selection: Selection) -> None:
    """Put a workflow together, and do with it what its last page says."""
    reporter = CreationReporter(context.tell)

    async def make_on_server(spec: ExpandedWorkflow) -> Created:
        return await _create_on_server(context, spec, reporter)

    finished = await context.app.push_screen_wait(Wizard(context.session.requests, make_on_server))
    if finished is None:
        return
    created = finished.created
    if created is None:
        context.tell(
            f"Wrote {finished.written}. {key_of('workflow.create')} creates a workflow from it."
        )
        return
    await _open(context, created)
    workflow_id = created.workflow_id
    if finished.goal is Goal.INITIALIZE:
        await context.run(
            lambda server: carry_out_unasked(propose_initialize(server.client, workflow_id))
        )
    elif finished.goal is Goal.RUN:
        await context.carry_out(
            lambda server: run_proposal(
                context, server, workflow_id, finished.file, reporter.warnings
            ),
            is_agreed=True,
        )


async def _create_on_server(
    context: ActionContext, spec: ExpandedWorkflow, reporter: CreationReporter
) -> Created:
    return await context.call(
        lambda client: create_on(client, spec, user=context.session.user, reporter=reporter)
    )


async def _open(context: ActionContext, created: Created) -> None:
    """Go into a workflow that was just created."""
    context.select(await context.call(lambda client: client.get_workflow(created.workflow_id)))
    context.tell(created.sentence)
