"""Choosing the columns of a list, and their order."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.listing import Listing
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.state.tables.column_choice import ColumnChoice, choice_lines, choice_of
from torc_tui.widgets.cursor_list import CursorList

_ROWS_BESIDE = 5
"""Frame and keys."""


class ColumnsDialog(Dialog[tuple[str, ...] | None]):
    """Offers all columns of a list; returns the titles of those to show, or None for Esc.

    Args:
        present: The list as it is arranged now.
        usual: The list as it is by itself.
    """

    scopes: tuple[Scope, ...] = (Scope.ANSWER, Scope.COLUMNS, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)
    DEFAULT_CSS = """
    ColumnsDialog CursorList { height: 16; }
    """

    choices = getters.query_one(CursorList)

    def __init__(self, present: Listing, usual: Listing) -> None:
        super().__init__()
        self._listing = usual
        self._choice = choice_of(present)

    def compose(self) -> ComposeResult:
        """Lay out: columns, keys."""
        with Vertical() as box:
            box.border_title = f"Columns of {self._listing.name}"
            yield CursorList(is_led=True)
            yield self.hints()

    def on_mount(self) -> None:
        """Show the present choice."""
        self._show(self._choice)

    def on_resize(self) -> None:
        """Leave room for the keys."""
        self.choices.styles.height = self.rows_for(len(self._choice.titles), _ROWS_BESIDE)

    def _show(self, choice: ColumnChoice) -> None:
        self._choice = choice
        self.choices.show(choice_lines(choice, self._listing), choice.at)

    def on_line_list_chosen(self, chosen: CursorList.Chosen) -> None:
        """Show or hide the column that was clicked."""
        self._show(self._choice.moved_to(chosen.index).toggled())

    def action_move(self, where: str) -> None:
        """Move the cursor."""
        self.choices.move(where)
        self._choice = self._choice.moved_to(self.choices.cursor or 0)

    def action_columns(self, what: str) -> None:
        """Show or hide the column, move it to the left or right, or go back to the usual ones."""
        match what:
            case "switch":
                self._show(self._choice.toggled())
            case "usual":
                self._show(choice_of(self._listing))
            case _:
                self._show(self._choice.shifted(-1 if what == "left" else 1))

    def action_dialog_accept(self) -> None:
        """Answer with the columns."""
        self.dismiss(self._choice.chosen)
