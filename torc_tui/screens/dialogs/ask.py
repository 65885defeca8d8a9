"""Asking for one line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from torc_tui.screens.dialogs.dialog import Dialog, Words


class Ask(Dialog[str | None]):
    """One line of text, or None for Esc.

    Args:
        title: What is asked for.
        text: The initial text; typing replaces it.
        hint: A line below the input.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_none", "Cancel", show=False)
    ]

    field = getters.query_one(Input)

    def __init__(self, title: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Lay out: title in the frame, input, hint."""
        with Vertical() as box:
            box.border_title = self._title
            yield Input(self._text, select_on_focus=True, compact=True)
            if self._hint:
                yield Words(self._hint)
            yield Words("Enter accept   Esc cancel", classes="keys")

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        self.dismiss(event.value.strip())

    def action_dismiss_none(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)


class AskFilter(Dialog[tuple[str, str] | None]):
    """Asks for a text to filter one column by; Tab goes to the next column.

    Args:
        columns: Name and title of each column.
        values: The present text by name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_none", "Cancel", show=False),
        Binding("tab", "column(1)", "Next column", show=False, priority=True),
        Binding("shift+tab", "column(-1)", "Previous column", show=False, priority=True),
    ]

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
            yield Input(select_on_focus=False, compact=True)
            yield Words(
                "Enter accept, empty for all   Tab next column   Esc cancel", classes="keys"
            )

    def on_mount(self) -> None:
        """Begin with the first column."""
        self.field.cursor_blink = False
        self._show_column()

    def _show_column(self) -> None:
        name, _ = self._columns[self._at]
        titles = [f"[{t}]" if n == name else t for n, t in self._columns]
        self.box.border_title = f"Filter by {'  '.join(titles)}".replace("[", r"\[")
        self.field.value = self._values.get(name, "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the column and the text."""
        self.dismiss((self._columns[self._at][0], event.value.strip()))

    def action_column(self, step: int) -> None:
        """Go to another column."""
        self._at = (self._at + step) % len(self._columns)
        self._show_column()

    def action_dismiss_none(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)
