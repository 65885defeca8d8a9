"""The list of workflows: whose, and which one is opened."""

from __future__ import annotations

from collections.abc import Sequence

from textual import getters
from textual.app import ComposeResult
from textual.timer import Timer

from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_tui.keys.action import Action
from torc_tui.lists.failed.next_failed import next_failed_workflow
from torc_tui.lists.listing import Query
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.panes.base import REST_S
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import WorkflowChosen
from torc_tui.requests import Requests
from torc_tui.state.creating.first_steps import first_steps
from torc_tui.state.head.headline import limits_of
from torc_tui.widgets.line import Line

_USER = "user"
_FOR_A_WORKFLOW = frozenset(
    {"workflow.initialize", "workflow.recover", "workflow.watch", "workflow.run"}
    | {"workflow.submit", "workflow.cancel", "workflow.delete", "open", "go.next_tab"}
)
"""Keys that the footer leaves out while there is no workflow."""


class WorkflowsPane(ListPane):
    """All workflows of a user, or of all.

    Args:
        requests: Asks the server.
        user: Whose workflows are shown at first.
    """

    listing = WORKFLOWS
    DEFAULT_CSS = """
    WorkflowsPane #first-steps { display: none; height: 1fr; margin: 0 2; }
    WorkflowsPane.-empty #first-steps { display: block; }
    WorkflowsPane.-empty RowTable { height: 3; }
    """

    advice = getters.query_one("#first-steps", Line)

    def __init__(self, requests: Requests, user: str) -> None:
        super().__init__(requests)
        self._own_user = user
        self._rest_timer: Timer | None = None
        self.entered: Workflow | None = None
        """The workflow to which keys go; the cursor stays on it. None while they go here."""

    def compose(self) -> ComposeResult:
        """Lay out: the table, and what to do while it is empty."""
        yield from super().compose()
        yield Line(id="first-steps")

    def on_mount(self) -> None:
        """Be ready to ask for the user's workflows."""
        self.border_title = self.title
        self.table.forget(self.first_query().filtered(_USER, self._own_user, is_whole=True))

    @property
    def user(self) -> str | None:
        """Whose workflows are listed; None for all users."""
        return self.table.query_state.filters.get(_USER)

    def limits_text(self) -> str:
        """Return the filters, but for the user, who is always named, and how many are marked."""
        filters = limits_of(self.listing, self.table.query_state.filtered(_USER, ""))
        marks = len(self.table.marks)
        return "  ".join(filter(None, (filters, f"{marks:,} marked" if marks else "")))

    def usual_query(self) -> Query:
        """Return the present query with no filter but the user."""
        usual = super().usual_query()
        is_whole = _USER in self.table.query_state.whole
        return usual.filtered(_USER, self.user or "", is_whole=is_whole)

    def show_user(self, user: str) -> None:
        """Show the workflows of another user; empty for all users."""
        self.filter_by(_USER, user, is_whole=True)

    def change_own_user(self, user: str) -> None:
        """Take the user for another one, as on another server, and show their workflows."""
        if user != self._own_user:
            self._own_user = user
            self.show_user(user)

    def switch_users(self) -> None:
        """Show the workflows of all users, or only the user's own."""
        self.show_user("" if self.user else self._own_user)

    def selected_workflow(self) -> Workflow | None:
        """Return the workflow under the cursor."""
        row = self.table.cursor_row
        workflow: Workflow | None = row and row.item
        return workflow

    def selected_workflows(self) -> Sequence[Workflow]:
        """Return the marked workflows, else the one under the cursor."""
        return self.chosen_items()

    def needs_row(self, action: Action) -> bool:
        """Return whether an action is about the row under the cursor, which is a workflow."""
        return action.is_on_row or action.is_on_workflow

    def point_at(self, workflow: Workflow) -> None:
        """Put the cursor on a workflow, if its row is known."""
        index = self.table.window.find(id_of(workflow))
        if index is not None:
            self.table.move_to(index)

    def rows_shown(self) -> None:
        """Keep the cursor on the workflow to which keys go; say what to do if there is none."""
        is_all = self.table.query_state == self.usual_query()
        is_empty = is_all and not self.table.total
        self.set_class(is_empty, "-empty")
        self.hints_left_out = _FOR_A_WORKFLOW if is_empty else frozenset()
        self.advice.show(*first_steps(self.user, self._own_user))
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

    def action_next_failed(self) -> None:
        """Go to the next workflow with failures."""
        self.go_to_next(next_failed_workflow)

    def action_open(self) -> None:
        """Open the workflow under the cursor."""
        if self.row_under_cursor() is not None:
            self._choose(is_entered=True)
