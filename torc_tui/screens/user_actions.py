"""What the keys for workflows and jobs do: each is a question, an operation and its sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec

from torc_core.errors import UsageError
from torc_core.host.user import expand_home
from torc_core.model.ids import WorkflowId, id_of
from torc_core.operations.definition import create as creation
from torc_core.operations.definition.delete import propose_delete
from torc_core.operations.jobs.change import CANCEL, RETRY, TERMINATE, JobChange, propose_change
from torc_core.operations.lifecycle.cancel import propose_cancel
from torc_core.operations.lifecycle.initialize import propose_initialize
from torc_core.operations.lifecycle.reset import ResetRequest, propose_rerun, propose_reset
from torc_core.operations.lifecycle.run import RunRequest, propose_run
from torc_core.operations.slurm.submission.submit import propose_submit
from torc_core.spec import SpecFile, read_spec
from torc_tui.screens.action_context import ActionContext, LineReporter, Selection
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.log import LogScreen
from torc_tui.state.logs.logpaths import find_logs

UserAction = Callable[[ActionContext, Selection], Awaitable[None]]


async def create(context: ActionContext, _selection: Selection) -> None:
    """Create a workflow from a file; then offer to run it.

    Raises:
        SpecError: The file has problems; nothing was created.
        UsageError: It is a directory, or a pipe, which the interface could wait for forever.
    """
    answer = await context.ask(Ask("New workflow", hint="A file: YAML, JSON, JSON5 or KDL."))
    if not answer:
        return
    path = expand_home(Path(answer))
    context.tell(f"Reading {path} …")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file.", hint="A pipe can be read by `torc run`.")
    file = await context.requests.in_thread(lambda: read_spec(path))
    spec = await context.requests.in_thread(file.expand)
    reporter = LineReporter(context.tell)
    created = await context.call(
        lambda client: creation.create(client, spec, user=context.user, reporter=reporter)
    )
    context.select(await context.call(lambda client: client.get_workflow(created.workflow_id)))
    context.tell(created.sentence)
    await _run(context, created.workflow_id, file)


async def initialize(context: ActionContext, selection: Selection) -> None:
    """Start a new run of every job."""
    workflow_id = id_of(selection.workflow)
    await context.carry_out(lambda server: propose_initialize(server.client, workflow_id))


async def reset(context: ActionContext, selection: Selection) -> None:
    """Reset the status of all jobs."""
    request = ResetRequest(workflow_id=id_of(selection.workflow))
    await context.carry_out(lambda server: propose_reset(server.client, request))


async def rerun(context: ActionContext, selection: Selection) -> None:
    """Make ready again what failed and what was canceled because of it."""
    workflow_id = id_of(selection.workflow)
    await context.carry_out(lambda server: propose_rerun(server.client, workflow_id))


async def run(context: ActionContext, selection: Selection) -> None:
    """Run a workflow on this machine, in the background."""
    await _run(context, id_of(selection.workflow), None)


async def submit(context: ActionContext, selection: Selection) -> None:
    """Submit a workflow to Slurm, with the plan in the question.

    Raises:
        UsageError: It requests no nodes as it starts: its allocations are to be planned first.
    """
    workflow_id = id_of(selection.workflow)
    context.tell("Asking Slurm …")
    await context.carry_out(
        lambda server: propose_submit(server, context.slurm, workflow_id, context.site).proposal
    )


async def cancel_workflow(context: ActionContext, selection: Selection) -> None:
    """Cancel a workflow."""
    workflow_id = id_of(selection.workflow)
    await context.carry_out(
        lambda server: propose_cancel(server.client, workflow_id, context.slurm)
    )


async def delete(context: ActionContext, selection: Selection) -> None:
    """Delete a workflow with everything it contains."""
    workflow_ids = [id_of(selection.workflow)]
    await context.carry_out(
        lambda server: propose_delete(server.client, workflow_ids, user=context.user)
    )


async def show_logs(context: ActionContext, selection: Selection) -> None:
    """Show what a job wrote."""
    job, requests = selection.jobs[0], context.requests
    screen = LogScreen(requests, f"log ▸ {job.name}", lambda: find_logs(requests.client(), job))
    context.app.push_screen(screen)


async def _change(context: ActionContext, selection: Selection, change: JobChange) -> None:
    job_ids = [id_of(job) for job in selection.jobs]
    await context.carry_out(lambda server: propose_change(server.client, change, job_ids))


async def _run(context: ActionContext, workflow_id: WorkflowId, spec: SpecFile | None) -> None:
    options = msgspec.structs.replace(context.run_options, workflow_id=workflow_id)
    request = RunRequest(options=options, is_detached=True, spec=spec)
    await context.carry_out(lambda server: propose_run(server, request))


USER_ACTIONS: dict[str, UserAction] = {
    "workflow.create": create,
    "workflow.initialize": initialize,
    "workflow.reset": reset,
    "workflow.rerun": rerun,
    "workflow.run": run,
    "workflow.submit": submit,
    "workflow.cancel": cancel_workflow,
    "workflow.delete": delete,
    "job.logs": show_logs,
    "job.cancel": partial(_change, change=CANCEL),
    "job.terminate": partial(_change, change=TERMINATE),
    "job.retry": partial(_change, change=RETRY),
}
"""By id of the action."""
