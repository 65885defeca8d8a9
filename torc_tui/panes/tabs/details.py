"""All about a job, for whichever tab it is asked from."""

from __future__ import annotations

from torc_core.errors import TorcError
from torc_core.model.ids import JobId
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import Notice
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts.job import job_text
from torc_tui.state.texts.layout import facts_text
from torc_tui.terminal import clean


async def show_job(tab: Tab, job_id: JobId) -> None:
    """Read a job and show all about it."""
    queue = tab.queue
    try:
        fresh, facts = await tab.requests.ask(lambda client: job_text(client, job_id, queue))
    except TorcError as error:
        tab.post_message(Notice(error))
        return
    title = f"{clean(fresh.name)} ▸ details"
    tab.app.push_screen(Reader(title, lambda width: facts_text(facts, width)))
