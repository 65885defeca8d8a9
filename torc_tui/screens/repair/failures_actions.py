"""What the keys of the screen of failures do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from torc_core.errors import ConflictError, UsageError
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.operations.jobs.change import RETRY, propose_change
from torc_core.operations.repair.failures import FailureGroup
from torc_core.units import counted
from torc_tui.keys.in_words import keyed
from torc_tui.screens.actions.context import Selection
from torc_tui.screens.actions.recovery import plan_recovery, recover
from torc_tui.screens.actions.workflows import rerun_proposal
from torc_tui.screens.logs.screen import log_of_job
from torc_tui.screens.repair.edit import edit
from torc_tui.screens.repair.failures_view import FailuresView
from torc_tui.screens.repair.why import WhyScreen

FailuresAction = Callable[[FailuresView], Awaitable[None]]
MOST_RETRIED = 2_000
"""Jobs are retried one by one; more of them are rerun together."""


async def list_jobs(screen: FailuresView) -> None:
    """List the jobs of the chosen groups in the tab of jobs."""
    groups = screen.chosen
    _refuse_none(screen)
    name = groups[0].signature.kind if len(groups) == 1 else f"{len(groups)} groups of failures"
    ids = sorted(job.job_id for job in screen.chosen_jobs)
    screen.dismiss()
    screen.context.list_jobs(screen.workflow, ids, name)


async def show_log(screen: FailuresView) -> None:
    """Show the log of the first job of the group, at its first error."""
    job = await _first_job(screen)
    screen.app.push_screen(log_of_job(screen.context.session.requests, job))


async def show_why(screen: FailuresView) -> None:
    """Show why the first job of the group failed."""
    selection = Selection([screen.workflow], [await _first_job(screen)])
    screen.app.push_screen(WhyScreen(screen.context, selection))


async def edit_first(screen: FailuresView) -> None:
    """Edit the command of the first job of the group, its script, or the workflow."""
    selection = Selection([screen.workflow], [await _first_job(screen)])
    if await screen.context.may_change():
        await edit(screen.context, selection)
        screen.read_again()


async def retry(screen: FailuresView) -> None:
    """Retry the jobs of the chosen groups, as they are."""
    _refuse_none(screen)
    job_ids = [job.job_id for job in screen.chosen_jobs]
    if len(job_ids) > MOST_RETRIED:
        raise ConflictError(
            f"{counted(len(job_ids), 'job')} are too many to retry one by one.",
            hint=keyed("{failures.rerun} reruns them together."),
        )
    context = screen.context
    done = await context.carry_out(lambda server: propose_change(server.client, RETRY, job_ids))
    if done is not None:
        screen.read_again()


async def rerun(screen: FailuresView) -> None:
    """Rerun the jobs of the marked groups, else all that failed, and what waited for them."""
    marked: list[FailureGroup] = list(screen.table.marks.values())
    context = screen.context
    workflow_id = id_of(screen.workflow)
    job_ids = [job.job_id for group in marked for job in group.jobs]
    context.tell("Looking for what failed …")
    done = await context.carry_out(
        lambda server: rerun_proposal(context, server, workflow_id, job_ids)
    )
    if done is not None:
        screen.table.unmark(list(screen.table.marks))
        screen.read_again()


async def recover_workflow(screen: FailuresView) -> None:
    """Recover the workflow, with the plan in the question."""
    await recover(screen.context, Selection([screen.workflow]))
    screen.read_again()


async def show_plan(screen: FailuresView) -> None:
    """Show what a recovery would do."""
    await plan_recovery(screen.context, Selection([screen.workflow]))


async def read_more(screen: FailuresView) -> None:
    """Read more of the logs."""
    if not screen.survey.num_unread:
        screen.context.tell("All logs that may tell something were read.")
    else:
        screen.read_more()


async def read_again(screen: FailuresView) -> None:
    """Read all from the beginning."""
    screen.read_again()


async def close(screen: FailuresView) -> None:
    """Go back."""
    screen.dismiss()


def _refuse_none(screen: FailuresView) -> None:
    if not screen.chosen:
        raise UsageError("No job failed, so there is nothing to do here.")


async def _first_job(screen: FailuresView) -> Job:
    """Return the first job of the group under the cursor."""
    _refuse_none(screen)
    job_id = screen.chosen[0].jobs[0].job_id
    return await screen.context.call(lambda client: client.get_job(job_id))


FAILURES_ACTIONS: dict[str, FailuresAction] = {
    "open": list_jobs,
    "logs": show_log,
    "why": show_why,
    "edit": edit_first,
    "retry": retry,
    "rerun": rerun,
    "recover": recover_workflow,
    "plan": show_plan,
    "more": read_more,
    "refresh": read_again,
    "close": close,
}
"""By the second half of the id of the action."""
