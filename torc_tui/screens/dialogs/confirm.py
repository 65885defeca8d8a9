"""Asking before something is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from torc_tui.screens.dialogs.dialog import Dialog, Words


class Confirm(Dialog[bool]):
    """A question that only `y` answers with yes; Enter, `n` and Esc are no.

    Args:
        question: Names the object.
        lines: What will happen, with counts; scrolls when it is long.
        is_danger: It cannot be undone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape,enter,q", "answer(False)", "No", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(
        self, question: str, lines: Sequence[str] = (), *, is_danger: bool = False
    ) -> None:
        super().__init__(classes="-danger" if is_danger else "")
        self._question = question
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Lay out: question, consequences, keys."""
        with Vertical():
            yield Words(self._question)
            with VerticalScroll():
                yield Words(*self._lines)
            yield Words("y yes   [n] no", classes="keys")

    def action_answer(self, is_yes: bool) -> None:
        """Answer."""
        self.dismiss(is_yes)

    def action_scroll(self, lines: int) -> None:
        """Scroll the consequences."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


class ConfirmByName(Dialog[bool]):
    """A question that is answered with yes by typing a name.

    Args:
        question: Names the object.
        lines: What will happen, with counts.
        name: What must be typed to confirm.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "decline", "No", show=False)]

    field = getters.query_one(Input)

    def __init__(self, question: str, lines: Sequence[str], name: str) -> None:
        super().__init__(classes="-danger")
        self._question = question
        self._lines = lines
        self._name = name

    def compose(self) -> ComposeResult:
        """Lay out: question, consequences, input, keys."""
        with Vertical():
            yield Words(self._question)
            yield Words(*self._lines)
            yield Input(compact=True)
            keys = f"type {self._name} and press Enter   Esc cancel"
            yield Words(keys, classes="keys")

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Confirm only with the right name."""
        if event.value == self._name:
            self.dismiss(result=True)

    def action_decline(self) -> None:
        """Answer with no."""
        self.dismiss(result=False)
