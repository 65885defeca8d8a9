"""What the keys for workflows and jobs do, from the question to the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from torc_core.errors import ConflictError
from torc_core.host.connect import Connection
from torc_core.host.runs import start_run
from torc_core.model.status import ACTIVE, SETTLED, JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.create import create_workflow
from torc_core.operations.initialize import StartCheck, check_start, initialize_workflow
from torc_core.operations.launch import prepare_run
from torc_core.runner.policy.options import RunnerOptions
from torc_core.spec import load_workflow
from torc_tui.lists.job_counts import count
from torc_tui.screens.action_context import ActionContext, Selection
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.log import LogScreen
from torc_tui.state.job_changes import CANCEL, RETRY, TERMINATE, JobChange
from torc_tui.state.logs.logpaths import find_logs

NAMED_BEYOND = 100
"""With more jobs a workflow is deleted by typing its name."""

Flow = Callable[[ActionContext, Selection], Awaitable[None]]


async def create(desk: ActionContext, _chosen: Selection) -> None:
    """Create a workflow from a file; then offer to run it.

    Raises:
        SpecError: The file has problems; nothing was created.
    """
    answer = await desk.ask(Ask("New workflow", hint="A file: YAML, JSON, JSON5 or KDL."))
    if not answer:
        return
    path = _path_of(answer)
    desk.tell(f"reading {path} …")
    spec = await desk.requests.in_thread(lambda: load_workflow(path))
    workflow_id = await desk.call(lambda client: create_workflow(client, spec, user=desk.user))
    workflow = await desk.call(lambda client: client.get_workflow(workflow_id))
    desk.select(workflow)
    desk.tell(f"created {_title(workflow)} with {_jobs(len(spec.jobs))}")
    lines = [f"{_jobs(len(spec.jobs))} from {path}", *spec.warnings]
    if await desk.ask(Confirm(f"Initialize and run {_title(workflow)} now?", lines)):
        await _initialize(desk, workflow, force=False)
        await _start(desk, workflow, path)


async def initialize(desk: ActionContext, chosen: Selection) -> None:
    """Start a new run in which every job is done again."""
    workflow = chosen.workflow
    counts = await _counts(desk, workflow)
    check = await desk.call(lambda client: check_start(client, _id(workflow)))
    question = f"Initialize {_title(workflow)}? Every job will run again."
    dialog = Confirm(question, _start_lines(counts, check), is_danger=_has_results(counts))
    if await desk.ask(dialog):
        await _initialize(desk, workflow, force=not check.is_safe)


async def reset(desk: ActionContext, chosen: Selection) -> None:
    """Take the status of all jobs back."""
    workflow = chosen.workflow
    counts = await _counts(desk, workflow)
    question = f"Reset the status of all jobs of {_title(workflow)}?"
    if not await desk.ask(Confirm(question, _count_lines(counts), is_danger=True)):
        return
    reply = await desk.call(lambda client: client.reset_job_status(_id(workflow)))
    desk.tell(f"reset {_jobs(reply.updated_count)} of {_title(workflow)}")


async def run(desk: ActionContext, chosen: Selection) -> None:
    """Run a workflow on this machine, in a process of its own."""
    workflow = chosen.workflow
    counts = await _counts(desk, workflow)
    is_new = await desk.call(lambda client: client.is_workflow_uninitialized(_id(workflow)))
    lines = [*_count_lines(counts), "It goes on when this interface is left."]
    if is_new:
        check = await desk.call(lambda client: check_start(client, _id(workflow)))
        lines = ["It is initialized first.", *_start_lines(counts, check), lines[-1]]
    if not await desk.ask(Confirm(f"Run {_title(workflow)} on this machine?", lines)):
        return
    if is_new:
        await _initialize(desk, workflow, force=False)
    await _start(desk, workflow, None)


async def cancel_workflow(desk: ActionContext, chosen: Selection) -> None:
    """Cancel a workflow.

    Raises:
        ConflictError: It has come to its end already.
    """
    workflow = chosen.workflow
    status = await desk.call(lambda client: client.get_workflow_status(_id(workflow)))
    counts = status.jobs_by_status or workflow.job_counts or {}
    has_ended = 0 < sum(counts.values()) == count(counts, SETTLED)
    if status.is_canceled or has_ended:
        end = "canceled already" if status.is_canceled else "complete"
        raise ConflictError(f"Workflow {_title(workflow)} is {end}: there is nothing to cancel.")
    lines = [f"{count(counts, ACTIVE):,} running jobs will be stopped.", *_count_lines(counts)]
    if await desk.ask(Confirm(f"Cancel WORKFLOW {_title(workflow)}?", lines, is_danger=True)):
        await desk.call(lambda client: client.cancel_workflow(_id(workflow)))
        desk.tell(f"canceled workflow {_title(workflow)}")


async def delete(desk: ActionContext, chosen: Selection) -> None:
    """Delete a workflow with all that is known of it."""
    workflow = chosen.workflow
    counts = await _counts(desk, workflow)
    total = sum(counts.values())
    question = f"Delete workflow {_title(workflow)}?"
    lines = [
        f"{_jobs(total)}, their results and events will be gone. Files stay.",
        *_count_lines(counts),
    ]
    dialog: Confirm | ConfirmByName = Confirm(question, lines, is_danger=True)
    if total > NAMED_BEYOND:
        dialog = ConfirmByName(question, lines, workflow.name)
    if await desk.ask(dialog):
        await desk.call(lambda client: client.delete_workflow(_id(workflow)))
        desk.tell(f"deleted workflow {_title(workflow)}")


async def show_logs(desk: ActionContext, chosen: Selection) -> None:
    """Show what a job wrote."""
    job, requests = chosen.jobs[0], desk.requests
    screen = LogScreen(requests, f"log ▸ {job.name}", lambda: find_logs(requests.client(), job))
    desk.app.push_screen(screen)


async def _change(desk: ActionContext, chosen: Selection, change: JobChange) -> None:
    """Ask, then change each of the chosen jobs; stop at the first that the server refuses.

    Raises:
        ConflictError: One of them is in no state for it.
    """
    jobs = chosen.jobs
    change.check(jobs)
    names = [f"{job.id}  {job.name}  ({job.status})" for job in jobs]
    what = f"job {names[0]}" if len(jobs) == 1 else f"{len(jobs)} marked jobs"
    if not await desk.ask(Confirm(f"{change.verb} {what}?", names if len(jobs) > 1 else ())):
        return

    def change_all(connection: Connection) -> None:
        client = connection.client
        run_id = client.get_workflow_status(_id(chosen.workflow)).run_id
        for job in jobs:
            change.apply(client, job, run_id)

    await desk.run(change_all)
    desk.tell(f"{change.verb.lower()}: {what}")


USER_ACTIONS: dict[str, Flow] = {
    "workflow.create": create,
    "workflow.initialize": initialize,
    "workflow.reset": reset,
    "workflow.run": run,
    "workflow.cancel": cancel_workflow,
    "workflow.delete": delete,
    "job.logs": show_logs,
    "job.cancel": partial(_change, change=CANCEL),
    "job.terminate": partial(_change, change=TERMINATE),
    "job.retry": partial(_change, change=RETRY),
}
"""By id of the action."""


def _path_of(answer: str) -> Path:
    return Path(answer).expanduser()


async def _initialize(desk: ActionContext, workflow: Workflow, *, force: bool) -> None:
    desk.tell(f"initializing {_title(workflow)} …")
    status = await desk.call(lambda client: initialize_workflow(client, _id(workflow), force=force))
    desk.tell(f"initialized {_title(workflow)}: run {status.run_id}")


async def _start(desk: ActionContext, workflow: Workflow, spec: Path | None) -> None:
    def start(connection: Connection) -> int:
        options = RunnerOptions(workflow_id=_id(workflow))
        directory = prepare_run(
            connection.client, options, is_embedded=connection.is_embedded, spec=spec
        )
        return start_run(directory).pid

    pid = await desk.run(start)
    desk.tell(f"{_title(workflow)} runs as process {pid}, whatever becomes of this interface")


async def _counts(desk: ActionContext, workflow: Workflow) -> Mapping[str, int]:
    """Return the jobs by status; a server that does not count them has them counted here."""
    status = await desk.call(lambda client: client.get_workflow_status(_id(workflow)))
    return status.jobs_by_status or workflow.job_counts or {}


def _has_results(counts: Mapping[str, int]) -> bool:
    waiting = {JobStatus.UNINITIALIZED, JobStatus.BLOCKED, JobStatus.READY}
    return count(counts, waiting) < sum(counts.values())


def _count_lines(counts: Mapping[str, int]) -> list[str]:
    return [f"{number:>9,} {status}" for status, number in counts.items() if number]


def _start_lines(counts: Mapping[str, int], check: StartCheck) -> list[str]:
    lines = _count_lines(counts)
    for heading, paths in (
        ("Input files that are missing", check.missing_input_files),
        ("Output files that exist and will be overwritten", check.existing_output_files),
    ):
        if paths:
            lines += [f"{heading}: {len(paths):,}", *(f"  {path}" for path in paths)]
    if check.missing_user_data:
        lines.append(f"{check.missing_user_data} user data records are empty")
    return lines


def _title(workflow: Workflow) -> str:
    return f"#{workflow.id} {workflow.name}"


def _jobs(number: int) -> str:
    return f"{number:,} job" + ("" if number == 1 else "s")


def _id(workflow: Workflow) -> int:
    assert workflow.id is not None, "a workflow from the server has an id"
    return workflow.id
