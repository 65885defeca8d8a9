"""What the keys for jobs do: show what they wrote, cancel, terminate and retry them."""

from __future__ import annotations

from functools import partial

from torc_core.errors import UsageError
from torc_core.model.ids import id_of
from torc_core.operations.jobs.change import CANCEL, RETRY, TERMINATE, JobChange, propose_change
from torc_core.units import counted
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.logs.screen import LogScreen, log_of_job
from torc_tui.state.logs.files.logpaths import find_merged_logs

MOST_MERGED = 100
"""Jobs whose logs are read together: all are looked at twice a second."""


async def show_logs(context: ActionContext, selection: Selection) -> None:
    """Show what a job wrote."""
    context.app.push_screen(log_of_job(context.session.requests, selection.jobs[0]))


async def show_merged_logs(context: ActionContext, selection: Selection) -> None:
    """Follow what several jobs write."""
    jobs, requests = selection.jobs, context.session.requests
    if len(jobs) > MOST_MERGED:
        raise UsageError(
            f"{len(jobs):,} logs are too many to read together.",
            hint=f"Mark {MOST_MERGED} jobs at most.",
        )
    name = f"log ▸ {counted(len(jobs), 'job')}"
    find = partial(find_merged_logs, workflow_id=jobs[0].workflow_id, jobs=jobs)
    context.app.push_screen(LogScreen(requests, name, lambda: find(requests.client())))


async def _change(context: ActionContext, selection: Selection, change: JobChange) -> None:
    job_ids = [id_of(job) for job in selection.jobs]
    await context.carry_out(lambda server: propose_change(server.client, change, job_ids))


cancel = partial(_change, change=CANCEL)
terminate = partial(_change, change=TERMINATE)
retry = partial(_change, change=RETRY)
