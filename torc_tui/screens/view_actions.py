"""What the keys for the view do, from the question to the answer; they change nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.app import App

from torc_core.client import Address, TorcClient
from torc_core.host.connect import Choice, Connection, connect
from torc_core.host.runs import Run
from torc_core.model.workflow import Workflow
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_tui.panes.base import Tab
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.dialogs.runs import RunsDialog, connection_of
from torc_tui.screens.refresher import Refresher
from torc_tui.state.recent import runs_since_last_visit
from torc_tui.state.texts import help_text
from torc_tui.widgets.message_line import MessageLine


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What these actions work with."""

    app: App[object]
    requests: Requests
    workflows: WorkflowsPane
    refresher: Refresher
    message: MessageLine
    tab: Tab
    """The one of the open workflow that is in sight."""
    select: Callable[[Workflow], None]
    """Opens a workflow that need not be in the list yet."""
    use_server: Callable[[Callable[[], Connection]], None]
    """Closes what is open and goes to another server."""


ViewAction = Callable[[ViewContext], Awaitable[None]]


async def show_help(context: ViewContext) -> None:
    """Show every key."""
    context.app.push_screen(Reader("Keys", help_text))


async def refresh(context: ViewContext) -> None:
    """Read everything in sight again, changed or not."""
    context.tab.came_into_sight()
    context.refresher.refresh_now()


async def change_interval(context: ViewContext) -> None:
    """Go to the next interval between refreshes."""
    context.refresher.next_interval()


async def choose_user(context: ViewContext) -> None:
    """Ask whose workflows to show."""
    ask = Ask("User", context.workflows.user or "", "Empty for all users.")
    name = await context.app.push_screen_wait(ask)
    if name is not None:
        context.workflows.show_user(name)


async def switch_users(context: ViewContext) -> None:
    """Show the workflows of all users, or only the user's own."""
    context.workflows.switch_users()


async def choose_server(context: ViewContext) -> None:
    """Ask for another address and go there.

    Raises:
        UsageError: It is no address of a server.
    """
    shown = Address(context.requests.url or "").without_user
    ask = Ask("Server", shown, "Empty for torc's own server.")
    url = await context.app.push_screen_wait(ask)
    if url is None:
        return
    if not url:
        context.use_server(lambda: connect(Choice(standalone=True)))
        return
    client = TorcClient(url)
    context.use_server(lambda: Connection(client, is_embedded=False))


async def choose_run(context: ViewContext) -> None:
    """Offer all runs of this machine."""
    runs = await context.requests.in_thread(list_runs_with_left_jobs)
    if runs:
        await _offer(context, runs, "All runs of this machine, newest first")
    else:
        context.message.show_text("There are no runs on this machine.")


async def mention_runs(context: ViewContext) -> None:
    """Offer the runs that continued without the interface, unless a dialog is open."""
    runs = await context.requests.in_thread(runs_since_last_visit)
    if runs and context.workflows.screen.is_current:
        await _offer(context, runs, "These continued while you were away")


async def _offer(context: ViewContext, runs: list[Run], title: str) -> None:
    run = await context.app.push_screen_wait(RunsDialog(title, runs))
    if run is None:
        return
    meta = run.meta
    if meta.url != context.requests.url:
        context.use_server(lambda: connection_of(meta))
    context.select(await context.requests.ask(lambda c: c.get_workflow(meta.workflow_id)))


VIEW_ACTIONS: dict[str, ViewAction] = {
    "view.refresh": refresh,
    "view.auto": change_interval,
    "view.user": choose_user,
    "view.all_users": switch_users,
    "view.server": choose_server,
    "view.runs": choose_run,
    "view.help": show_help,
}
"""By id of the action."""
