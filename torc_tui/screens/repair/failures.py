"""The failures of a workflow, grouped, with the keys of their screen."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from torc_core.errors import TorcError
from torc_core.model.workflow import Workflow
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.actions.runner import ActionRunner
from torc_tui.screens.repair.failures_actions import FAILURES_ACTIONS
from torc_tui.screens.repair.failures_view import FailuresView


class FailuresScreen(FailuresView):
    """Shows groups of failed jobs, and does what keys ask for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.FAILURES)

    def __init__(self, context: ActionContext, workflow: Workflow) -> None:
        super().__init__(context, workflow)
        self._runner = ActionRunner(self, self._done)

    def on_row_table_row_chosen(self) -> None:
        """Do what Enter does."""
        self.action_failures("open")

    def action_failures(self, name: str) -> None:
        """Do what a key of the screen is for."""
        self._runner.start(lambda: FAILURES_ACTIONS[name](self))

    def _done(self, error: TorcError | None) -> None:
        if not self.is_attached:
            return
        if error is not None:
            self.message.show_error(error)
        else:
            self.message.clear_ongoing()


async def show_failures(context: ActionContext, selection: Selection) -> None:
    """Show the failures of a workflow, grouped by what they have in common."""
    context.app.push_screen(FailuresScreen(context, selection.workflows[0]))
