"""The list of workflows: whose, and which one is opened."""

from __future__ import annotations

from dataclasses import replace

from textual.timer import Timer

from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_tui.lists.listing import Query
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import WorkflowChosen
from torc_tui.panes.preview import REST_S
from torc_tui.requests import Requests
from torc_tui.state.headline import limits_of

_USER = "user"


class WorkflowsPane(ListPane):
    """All workflows of a user, or of all.

    Args:
        requests: Asks the server.
        user: Whose workflows are shown at first.
    """

    listing = WORKFLOWS

    def __init__(self, requests: Requests, user: str) -> None:
        super().__init__(requests)
        self._own_user = user
        self._rest_timer: Timer | None = None
        self.entered: Workflow | None = None
        """The workflow to which keys go; the cursor stays on it. None while they go here."""

    def on_mount(self) -> None:
        """Ask for the user's workflows."""
        self.border_title = self.title
        self.table.start_over(self.listing.order.filtered(_USER, self._own_user))

    @property
    def user(self) -> str | None:
        """Whose workflows are listed; None for all users."""
        return self.table.query_state.filters.get(_USER)

    def limits_text(self) -> str:
        """Return the filters, but for the user, who is always named."""
        return limits_of(self.listing, self.table.query_state.filtered(_USER, ""))

    def usual_query(self) -> Query:
        """Return the present query with no filter but the user."""
        usual = super().usual_query()
        user = {_USER: self.user} if self.user else {}
        return replace(usual, filters=usual.filters | user)

    def show_user(self, user: str) -> None:
        """Show the workflows of another user; empty for all users."""
        self.filter_by(_USER, user)

    def switch_users(self) -> None:
        """Show the workflows of all users, or only the user's own."""
        self.show_user("" if self.user else self._own_user)

    def selected_workflow(self) -> Workflow | None:
        """Return the workflow under the cursor."""
        row = self.table.cursor_row
        workflow: Workflow | None = row and row.item
        return workflow

    def point_at(self, workflow: Workflow) -> None:
        """Put the cursor on a workflow, if its row is known."""
        index = self.table.window.find(id_of(workflow))
        if index is not None:
            self.table.move_to(index)

    def rows_shown(self) -> None:
        """Keep the cursor on the workflow to which keys go."""
        if self.entered is not None:
            self.point_at(self.entered)

    def refresh_content(self) -> None:
        """Ask again for the rows in sight, and for the workflow that the cursor rests on."""
        super().refresh_content()
        self._follow_cursor()

    def on_row_table_cursor_moved(self) -> None:
        """Follow the cursor when it comes to rest."""
        super().on_row_table_cursor_moved()
        self._follow_cursor()

    def _follow_cursor(self) -> None:
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST_S, lambda: self._choose(is_entered=False))

    def _choose(self, *, is_entered: bool) -> None:
        workflow = self.selected_workflow()
        if workflow is not None:
            self.post_message(WorkflowChosen(workflow, is_entered))

    def action_open(self) -> None:
        """Open the workflow under the cursor."""
        self._choose(is_entered=True)
