"""The main screen: what its keys ask for is started here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from torc_core.errors import TorcError
from torc_core.model.ids import JobId
from torc_core.model.workflow import Workflow
from torc_tui.driver.line_speed import LineSpeed
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_elsewhere, bindings_for, where_it_works
from torc_tui.keys.table import action_named
from torc_tui.panes.messages import ActionRequested
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.read_only import unless_refused
from torc_tui.screens.actions.runner import ActionRunner
from torc_tui.screens.actions.table import (
    MENTION_RUNS,
    SERVER_ACTIONS,
    USER_ACTIONS,
    VIEW_ACTIONS,
    load,
    load_all,
)
from torc_tui.screens.actions.view_context import ViewContext
from torc_tui.screens.board import Board
from torc_tui.screens.servers.context import ServerContext
from torc_tui.screens.session import Session

_IMPORTS_AFTER_S = 1.0
"""By then there is mostly a list, which they would delay."""


class MainScreen(Board):
    """The board, and what can be done on it.

    Args:
        session: The server, the user, the configuration.
        line: How fast the line to the terminal is.
        has_typed: Says whether the user has typed anything yet.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.SCREEN), *bindings_elsewhere()]

    def __init__(
        self, session: Session, line: LineSpeed, has_typed: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(session, line)
        self._has_typed = has_typed
        self._runner = ActionRunner(self, self._show_outcome)

    async def complete(self) -> None:
        """Add what keys may need, and offer runs that continued without the interface."""
        await super().complete()
        self.set_timer(_IMPORTS_AFTER_S, threading.Thread(target=load_all, daemon=True).start)
        mention = partial(load(MENTION_RUNS), self._view_context, self._has_typed)
        self._runner.start(mention, is_asked_for=False)

    def action_elsewhere(self, key: str) -> None:
        """Say where a key works that does nothing here."""
        self.message.show_text(where_it_works(key))

    def action_request(self, action_id: str) -> None:
        """Start an action on the view, or on the server."""
        if action_id not in SERVER_ACTIONS:
            self._runner.start(partial(load(VIEW_ACTIONS[action_id]), self._view_context))
            return
        context = ServerContext(self.app, self.session, self.use_server, self.message.show_text)
        action, act = action_named(action_id), partial(load(SERVER_ACTIONS[action_id]), context)
        may_change = self.session.read_only.asks(self.app.push_screen_wait, action, None, ())
        self._runner.start(partial(unless_refused, action, may_change, act))

    @on(ActionRequested)
    def _on_action_requested(self, requested: ActionRequested) -> None:
        action = action_named(requested.action_id)
        may_change = self.session.read_only.asks(
            self.app.push_screen_wait, action, self.requests.url, requested.workflows
        )
        context = ActionContext(
            self.app,
            self.session,
            self.watches,
            may_change,
            self.message.show_text,
            self.message.clear_ongoing,
            self.select_workflow,
            self.workflows.table.unmark,
            self._list_jobs,
        )
        selection = Selection(requested.workflows, requested.jobs)
        act = partial(load(USER_ACTIONS[requested.action_id]), context, selection)
        self._runner.start(partial(unless_refused, action, may_change, act))

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
            use_server=self.use_server,
        )

    def _list_jobs(self, workflow: Workflow, job_ids: Sequence[JobId], name: str) -> None:
        """Enter a workflow, and list only some of its jobs."""
        from torc_tui.panes.tabs.jobs import JobsTab  # noqa: PLC0415 - not before the first picture

        self.open_workflow(workflow)
        details = self.opened.details
        tab = details.tab_of(JobsTab)
        details.switch_to(tab)
        self.select_workflow(workflow)
        tab.show_only(job_ids, name)

    def _show_outcome(self, error: TorcError | None) -> None:
        """Show what an action has changed."""
        if error is not None:
            self.message.show_error(error)
        else:
            self.message.clear_ongoing()
        self.show_head()
        self.refresher.refresh_soon()
