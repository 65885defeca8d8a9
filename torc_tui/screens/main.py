"""The main screen: layout, connection and focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from torc_core.clock import SystemClock
from torc_core.config.slurm import SlurmSettings
from torc_core.errors import TorcError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.workflow import Workflow
from torc_core.operations.slurm.queue_watch import QueueWatch
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.actions import Scope, shown_in
from torc_tui.keymap import bindings_for
from torc_tui.panes.base import Tab
from torc_tui.panes.events import EventsTab
from torc_tui.panes.messages import (
    ActionRequested,
    LimitsChanged,
    Notice,
    WorkflowChosen,
    WorkflowGone,
)
from torc_tui.panes.opened import OpenedPane
from torc_tui.panes.workflows import WorkflowsPane
from torc_tui.requests import Requests
from torc_tui.screens.action_context import ActionContext, Selection
from torc_tui.screens.action_runner import ActionRunner
from torc_tui.screens.refresher import INTERVALS_S, Refresher
from torc_tui.screens.user_actions import USER_ACTIONS
from torc_tui.screens.view_actions import VIEW_ACTIONS, ViewContext, mention_runs
from torc_tui.state.headline import ServerState, breadcrumb, headline
from torc_tui.state.queue import queue_cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.message_line import MessageLine


class MainScreen(Screen[None]):
    """Workflows beside, or before, the details of one of them.

    Narrow: one pane at a time. From 100 columns: two panes. From 160: also a preview of the job
    under the cursor, and the latest events.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.SCREEN)

    head = getters.query_one("#head", Line)
    workflows = getters.query_one(WorkflowsPane)
    opened = getters.query_one(OpenedPane)
    message = getters.query_one(MessageLine)
    keys = getters.query_one(KeyHints)

    def __init__(
        self, requests: Requests, user: str, run_options: RunnerOptions, slurm: SlurmSettings
    ) -> None:
        super().__init__()
        clock = SystemClock()
        self._slurm = Slurm(clock, Budget(slurm.calls_per_minute))
        self._site = SiteOptions(output_dir=run_options.output_dir, server_host=slurm.server_host)
        self._watch = QueueWatch(self._slurm, clock)
        self.requests = requests
        self.refresher = Refresher(self, self._refresh_content)
        self._runner = ActionRunner(self, self._show_outcome)
        self._user = user
        self._run_options = run_options

    def compose(self) -> ComposeResult:
        """Lay out: head, panes, message, keys."""
        yield Line(id="head", classes="title")
        with Horizontal(id="body"):
            yield WorkflowsPane(self.requests, self._user)
            yield OpenedPane(self.requests, self.refresher.refresh_soon, self._watch, id="beside")
        yield MessageLine(id="message")
        yield KeyHints()

    def on_mount(self) -> None:
        """Start refreshing, and offer runs that continued without the interface."""
        self.requests.watch(self._connection_changed, self.refresher.refresh_now)
        self.workflows.focus_content()
        self.refresher.refresh_every(INTERVALS_S[0])
        self._runner.start(partial(mention_runs, self._view_context))

    def on_unmount(self) -> None:
        """Stop retrying."""
        self.requests.close()

    def on_resize(self) -> None:
        """Fill the new size."""
        self.show_head()
        self.refresher.refresh_soon()

    @property
    def is_inside(self) -> bool:
        """Whether the keys go to the open workflow."""
        return self.opened.workflow is not None and self.opened.details.has_focus_within

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
            self._close_workflow()
            self.message.clear_error()
            self.add_class("-opened")
            self.opened.open(workflow)
            self.refresher.refresh_now()

    @on(WorkflowGone)
    def _close_workflow(self) -> None:
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
        if chosen.is_entered:
            self.message.clear_error()
            self._enter_workflow(chosen.workflow)
        elif not self._has_one_pane and not self.is_inside:
            self.open_workflow(chosen.workflow)

    def action_go(self, where: str) -> None:
        """Move the focus: inside, next_tab, previous_tab, events, back_to_list or back."""
        details = self.opened.details
        self.message.clear_error()
        match where:
            case "inside":
                self.workflows.action_open()
            case "next_tab":
                self._show_tab(lambda: details.step_tab(1))
            case "previous_tab":
                self._show_tab(lambda: details.step_tab(-1))
            case "events":
                events = details.tab_of(EventsTab)
                workflow = self.workflows.selected_workflow()
                if self.is_inside or workflow is None:
                    self._show_tab(lambda: details.show_tab(events))
                else:  # the tab first: it must be in sight to get the focus
                    self.open_workflow(workflow)
                    details.show_tab(events)
                    self._enter_workflow(workflow)
            case _ if where == "back_to_list" or not self.pane.clear_limits():
                self.remove_class("-inside")
                self.workflows.focus_content()

    def _show_tab(self, show: Callable[[], None]) -> None:
        if self._has_one_pane and not self.is_inside:
            return
        if self.opened.workflow is None:
            self.message.show_text("Enter opens a workflow.")
            return
        show()
        self.show_head()
        self.call_after_refresh(self.refresher.refresh_now)

    def on_descendant_focus(self) -> None:
        """Narrow screens show the pane with the focus."""
        self.set_class(self.opened.details.has_focus_within, "-inside")
        self.workflows.entered = self.opened.workflow if self.is_inside else None
        self.show_head()

    # What is shown

    @on(LimitsChanged)
    def show_head(self) -> None:
        """Show where the user is, the state of the connection, and the keys that work here."""
        if not self.is_mounted:
            return
        pane, opened, requests = self.pane, self.opened, self.requests
        title = pane.title if self.is_inside else None
        limits = self.workflows.limits_text()
        parts = breadcrumb(opened.workflow, opened.status, title, limits)
        server = ServerState(
            requests.url,
            requests.is_up,
            self.workflows.user,
            self.refresher.interval_s,
            queue_cell(opened.queue),
        )
        self.head.show(*headline(parts, server, self.size.width))
        is_list = self._has_one_pane and not self.is_inside
        hidden = pane.hints_left_out | ({"go.next_tab"} if is_list else set())
        shown = shown_in(pane.scopes, pane.hint_groups)
        self.keys.show(tuple(action for action in shown if action.id not in hidden))

    @on(Notice)
    def _on_notice(self, notice: Notice) -> None:
        self.message.show_notice(notice.content, notice.tone)

    def _refresh_content(self) -> None:
        self.workflows.refresh_content()
        self.opened.refresh_content()

    # The connection

    def _connection_changed(self) -> None:
        """Show that the server was lost or found, and clear errors about its absence."""
        if self.requests.is_up:
            self.message.clear_error()
            if self.opened.feed is not None:
                self.opened.feed.reconnect_now()
        self.show_head()

    def _use_server(self, connect: Callable[[], Connection]) -> None:
        self._close_workflow()
        self.requests.use(connect)
        self.message.show_text("")
        self.workflows.show_query(self.workflows.table.query_state)

    # Actions

    def action_request(self, action_id: str) -> None:
        """Start an action on the view."""
        self.message.clear_error()
        self._runner.start(partial(VIEW_ACTIONS[action_id], self._view_context))

    @on(ActionRequested)
    def _on_action_requested(self, requested: ActionRequested) -> None:
        self.message.clear_error()
        context = ActionContext(
            self.app,
            self.requests,
            self._user,
            self._run_options,
            self._slurm,
            self._site,
            self.message.show_text,
            self.select_workflow,
        )
        selection = Selection(requested.workflow, requested.jobs)
        self._runner.start(partial(USER_ACTIONS[requested.action_id], context, selection))

    @property
    def _view_context(self) -> ViewContext:
        return ViewContext(
            self.app,
            self.requests,
            self.workflows,
            self.refresher,
            self.message,
            tab=self.opened.details.tab,
            select=self.select_workflow,
            use_server=self._use_server,
        )

    def _show_outcome(self, error: TorcError | None) -> None:
        """Show what an action has changed."""
        if error is not None:
            self.message.show_error(error)
        self.show_head()
        self.refresher.refresh_soon()
