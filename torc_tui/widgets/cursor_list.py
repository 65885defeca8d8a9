"""A short list to choose from, all of its rows at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.theme import Cell
from torc_tui.widgets.line_list import LineList


class CursorList(LineList):
    """Rows, one or none under the cursor; Enter, Space and a click choose one.

    Args:
        id: The id of the widget.
        is_led: It is moved from elsewhere, such as from an input above it, and shows its cursor
            as if it had the focus.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.CHOICES)
    clicks: ClassVar[int] = 1

    def __init__(self, *, id: str | None = None, is_led: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._is_led = is_led
        self.can_focus = not is_led
        self.cursor = None

    @property
    def has_cursor_bar(self) -> bool:
        """Whether the row under the cursor is shown as the one to which keys go."""
        return self.has_focus or self._is_led

    def show(self, rows: Sequence[Sequence[Cell]], cursor: int | None) -> None:
        """Show other rows, with the cursor on one of them or on none."""
        self.show_lines(len(rows), lambda line, _width: rows[line])
        self.show_cursor(cursor if cursor is None or not rows else min(cursor, len(rows) - 1))

    def action_choices_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.cursor is not None and self.cursor < self.total:
            self.post_message(self.Chosen(self, self.cursor))
