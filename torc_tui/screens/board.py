"""The layout of the main screen, its focus, its connection, and where its keys go."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from torc_core.model.workflow import Workflow
from torc_core.moments import zone_name
from torc_tui.driver.line_speed import LineSpeed
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.keys.table import shown_in
from torc_tui.notifications import Notifications, write_to
from torc_tui.panes.base import Tab
from torc_tui.panes.messages import (
    LimitsChanged,
    Notice,
    WorkflowChosen,
    WorkflowGone,
)
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.screens.first_picture import FirstPicture
from torc_tui.screens.pane_sizes import fit_list
from torc_tui.screens.refresher import INTERVALS_S, Refresher
from torc_tui.screens.servers.health import HealthCheck
from torc_tui.screens.session import Session
from torc_tui.state.head.headline import ServerState, breadcrumb, headline
from torc_tui.state.head.queue import queue_cell
from torc_tui.state.head.watch import watch_cell
from torc_tui.state.servers.destination import Destination, name_of
from torc_tui.state.tables.remembered import remembered_by
from torc_tui.watches import Watches
from torc_tui.widgets.head_line import HeadLine
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from torc_tui.panes.opened import OpenedPane

_SILENT = "A file system of this machine does not answer; what needs its files waits …"


class Board(FirstPicture):
    """Workflows beside, or before, the details of one of them.

    Narrow: one pane at a time. From 100 columns: two panes. From 160: also a preview of the job
    under the cursor, and the latest events.
    """

    head = getters.query_one(HeadLine)
    workflows = getters.query_one(WorkflowsPane)
    message = getters.query_one(MessageLine)
    keys = getters.query_one(KeyHints)

    def __init__(self, session: Session, line: LineSpeed) -> None:
        super().__init__()
        self.session = session
        self.requests = session.requests
        self.refresher = Refresher(self, self._refresh_content, line, self._took_s)
        self._opened: OpenedPane | None = None
        self._health = HealthCheck(self, session.requests)
        self._notifications = Notifications(
            partial(write_to, self), session.configured.tui, os.environ
        )
        self.watches = Watches(
            self.show_head,
            lambda line: self.post_message(Notice(self._notifications.notify(line))),
        )

    def compose(self) -> ComposeResult:
        """Lay out: head, list, message, keys. The pane of a workflow follows, as none is open."""
        yield HeadLine(id="head", classes="title")
        with Horizontal(id="body"):
            yield WorkflowsPane(self.requests, self.session.user)
        yield MessageLine(id="message")
        yield KeyHints()

    def on_mount(self) -> None:
        """Start refreshing."""
        self.requests.watch(self._connection_changed, self.refresher.refresh_now, self._say_silent)
        self.workflows.focus_content()
        self.refresher.refresh_every(INTERVALS_S[0])

    async def complete(self) -> None:
        """Ask the server, and add the pane of an open workflow."""
        from torc_tui.panes.opened import OpenedPane  # noqa: PLC0415 - not before the first picture

        self.refresher.refresh_now()
        self._opened = OpenedPane(
            self.requests, self.refresher.refresh_soon, self.session.queue, id="beside"
        )
        await self.query_one("#body").mount(self._opened)
        self._health.check()  # not before: it takes the time, also that of what is done meanwhile

    def on_unmount(self) -> None:
        """Stop retrying."""
        self.requests.close()
        self._notifications.close()

    def on_resize(self) -> None:
        """Fill the new size."""
        fit_list(self.workflows, remembered_by(self.app).memory.list_width)
        self.show_head()
        if self.is_laid_out:
            self.refresher.refresh_soon()

    @property
    def opened(self) -> OpenedPane:
        """The pane of the open workflow; it is there once all is `completed`."""
        assert self._opened is not None
        return self._opened

    @property
    def is_inside(self) -> bool:
        """Whether the keys go to the open workflow."""
        opened = self._opened
        return opened is not None and opened.workflow is not None and opened.has_focus_within

    @property
    def pane(self) -> Tab:
        """The pane to which keys go."""
        return self.opened.details.tab if self.is_inside else self.workflows

    @property
    def _has_one_pane(self) -> bool:
        """Whether there is no room for the list and the open workflow together."""
        return self.has_class("-narrow")

    # What is open, and where the focus is

    def open_workflow(self, workflow: Workflow) -> None:
        """Show a workflow beside the list, or behind it."""
        opened = self.opened.workflow
        if opened is None or opened.id != workflow.id:
            self.close_workflow()
            self.add_class("-opened")
            self.opened.open(workflow)
            self.refresher.refresh_now()

    @on(WorkflowGone)
    def close_workflow(self) -> None:
        """Show no workflow any more."""
        if self.is_inside:
            self.workflows.focus_content()
        self.opened.close()
        self.remove_class("-opened")

    def _enter_workflow(self, workflow: Workflow) -> None:
        self.open_workflow(workflow)
        self.add_class("-inside")
        self.opened.details.tab.focus_content()

    def select_workflow(self, workflow: Workflow) -> None:
        """Enter a workflow that need not be in the list yet."""
        self.workflows.refresh_content()
        self._enter_workflow(workflow)
        self.workflows.point_at(workflow)

    @on(WorkflowChosen)
    def _on_workflow_chosen(self, chosen: WorkflowChosen) -> None:
        if not self.completed.is_set():
            return
        if chosen.is_entered:
            self._enter_workflow(chosen.workflow)
        elif not self._has_one_pane and not self.is_inside:
            self.open_workflow(chosen.workflow)

    async def action_go(self, where: str) -> None:
        """Move the focus inside, to a tab, or back: `where` is the rest of an action's id."""
        details = self.opened.details
        match where:
            case "inside":
                self.workflows.action_open()
            case "next_tab":
                await self._show_tab(lambda: details.step_tab(1))
            case "previous_tab":
                await self._show_tab(lambda: details.step_tab(-1))
            case "events" | "timeline":
                tab = details.tab_titled("Events" if where == "events" else "Time")
                workflow = self.workflows.selected_workflow()
                if self.is_inside or workflow is None:
                    await self._show_tab(lambda: details.show_tab(tab))
                else:  # the tab first: it must be in sight to get the focus
                    self.open_workflow(workflow)
                    await details.show_tab(tab)
                    self._enter_workflow(workflow)
            case _ if where == "back_to_list" or not self.pane.clear_limits():
                if self.is_inside:
                    self.message.clear_notice()
                else:
                    self.message.show_text(keyed("You are in the list already; {app.quit} quits."))
                self.remove_class("-inside")
                self.workflows.focus_content()

    async def _show_tab(self, show: Callable[[], Awaitable[None]]) -> None:
        if self.opened.workflow is None or (self._has_one_pane and not self.is_inside):
            if self.workflows.row_under_cursor() is not None:
                self.message.show_text(f"{key_of('open')} opens a workflow.")
            return
        await show()
        self.show_head()
        self.call_after_refresh(self.refresher.refresh_now)

    def on_descendant_focus(self) -> None:
        """Narrow screens show the pane with the focus."""
        self.set_class(self.is_inside, "-inside")
        self.workflows.entered = self.opened.workflow if self.is_inside else None
        self.show_head()

    # What is shown

    @on(LimitsChanged)
    def show_head(self) -> None:
        """Show where the user is, the state of the connection, and the keys that work here."""
        if not self.is_mounted:
            return
        pane, opened, requests = self.pane, self._opened, self.requests
        workflow = status = queue = None
        if opened is not None:
            workflow, status, queue = opened.workflow, opened.status, opened.queue
        self._notifications.note(requests.url, workflow, status)
        is_read_only = self.session.read_only.covers(requests.url, pane.selected_workflows())
        title = pane.title if self.is_inside else None
        limits = self.workflows.limits_text()
        parts = breadcrumb(workflow, status, title, limits)
        server = ServerState(
            requests.url,
            requests.is_up,
            self.workflows.user,
            self.refresher.interval_s,
            queue_cell(queue),
            watch_cell(*self.watches.look(requests.url, workflow)),
            zone_name(time.time()),
            name_of(self.session.destination, requests.connection),
            is_late=requests.is_late,
            is_stopped=self.session.destination.stopped is not None and requests.is_up is not True,
            line=self.refresher.line.label,
            is_read_only=is_read_only,
            health=self._health.cell(requests.url),
        )
        self.head.show(*headline(parts, server, self.size.width))
        self.set_class(workflow is None and self.workflows.has_class("-empty"), "-bare")
        is_list = self._has_one_pane and not self.is_inside
        hidden = pane.hints_left_out | ({"go.next_tab"} if is_list else set())
        shown = shown_in(pane.scopes, pane.hint_groups)
        self.keys.show(
            tuple(
                action
                for action in shown
                if action.id not in hidden and not (is_read_only and action.is_change)
            )
        )

    @on(Notice)
    def _on_notice(self, notice: Notice) -> None:
        self.message.show_notice(notice.content, notice.tone)

    def _refresh_content(self) -> None:
        self.workflows.refresh_content()
        if self._opened is not None:
            self._health.check()
            self._opened.refresh_content()

    def _took_s(self) -> float:
        return self._opened.took_s if self._opened is not None else 0.0

    # The connection

    def _connection_changed(self) -> None:
        """Show that the server was lost or found, and clear errors about its absence."""
        if self.requests.is_up and not self.requests.is_late:
            self.message.clear_error()
            if self._opened is not None and self._opened.feed is not None:
                self._opened.feed.reconnect_now()
        self.show_head()

    def _say_silent(self, is_silent: bool) -> None:
        """Say that files are waited for, until they are there."""
        if is_silent:
            self.message.show_text(_SILENT)
        else:
            self.message.clear_text(_SILENT)

    def use_server(self, destination: Destination) -> None:
        """Close what is open and go to another server."""
        self.close_workflow()
        self.session.use(destination)
        self.workflows.change_own_user(self.session.user)
        self.message.show_text("")
        self.workflows.show_query(self.workflows.table.query_state)
