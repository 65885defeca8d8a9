"""Asking for one line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.dialogs.dialog import Dialog, Words


class Ask(Dialog[str | None]):
    """One line of text, or None for Esc.

    Args:
        title: What is asked for.
        text: The initial text; typing replaces it.
        hint: A line below the input.
        is_secret: What is typed is not shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.ANSWER)

    field = getters.query_one(Input)

    def __init__(
        self, title: str, text: str = "", hint: str = "", *, is_secret: bool = False
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint
        self._is_secret = is_secret

    def compose(self) -> ComposeResult:
        """Lay out: title in the frame, input, hint."""
        with Vertical() as box:
            box.border_title = self._title
            yield Input(self._text, select_on_focus=True, compact=True, password=self._is_secret)
            if self._hint:
                yield Words(self._hint)
            yield self.hints()

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False

    def action_dialog_accept(self) -> None:
        """Answer."""
        self.dismiss(self.field.value if self._is_secret else self.field.value.strip())


class AskFilter(Dialog[tuple[str, str] | None]):
    """Asks for a text to filter one column by; Tab goes to the next column.

    Args:
        columns: Name and title of each column.
        values: The present text by name.
    """

    scopes: tuple[Scope, ...] = (Scope.ANSWER, Scope.FILTER, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)

    field = getters.query_one(Input)
    box = getters.query_one(Vertical)

    def __init__(self, columns: Sequence[tuple[str, str]], values: dict[str, str]) -> None:
        super().__init__()
        self._columns = columns
        self._values = values
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out: the column in the frame, input, keys."""
        with Vertical():
            yield Input(select_on_focus=False, compact=True, placeholder="empty for all")
            yield self.hints()

    def on_mount(self) -> None:
        """Begin with the first column."""
        self.field.cursor_blink = False
        self._show_column()

    def _show_column(self) -> None:
        name, _ = self._columns[self._at]
        titles = [f"[{t}]" if n == name else t for n, t in self._columns]
        self.box.border_title = f"Filter by {'  '.join(titles)}".replace("[", r"\[")
        self.field.value = self._values.get(name, "")

    def action_dialog_accept(self) -> None:
        """Answer with the column and the text."""
        self.dismiss((self._columns[self._at][0], self.field.value.strip()))

    def action_filter(self, where: str) -> None:
        """Go to the next or the previous column."""
        self._at = (self._at + (1 if where == "next" else -1)) % len(self._columns)
        self._show_column()
