"""Asking before something is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.state.moves import moved


class Question(Dialog[bool]):
    """What yes would do; it scrolls when it is long."""

    box = getters.query_one(VerticalScroll)

    def __init__(
        self, question: str, lines: Sequence[str] = (), *, is_danger: bool = False
    ) -> None:
        super().__init__(classes="-danger" if is_danger else "")
        self._question = question
        self._lines = lines

    def action_move(self, where: str) -> None:
        """Scroll the consequences."""
        top, page, last = self.box.scroll_offset.y, self.box.size.height, self.box.max_scroll_y
        self.box.scroll_to(y=moved(where, top, page, last), animate=False)


class Confirm(Question):
    """A question that only `y` answers with yes; Enter, `n` and Esc are no.

    Args:
        question: Names the object.
        lines: What will happen, with counts; scrolls when it is long.
        is_danger: It cannot be undone.
    """

    scopes: tuple[Scope, ...] = (Scope.CONFIRM,)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)

    def compose(self) -> ComposeResult:
        """Lay out: question, consequences, keys."""
        with VerticalScroll(can_focus=False):
            yield Words(self._question)
            yield Words(*self._lines)
            yield self.hints()

    def action_confirm_yes(self) -> None:
        """Answer with yes."""
        self.dismiss(result=True)

    def action_confirm_no(self) -> None:
        """Answer with no."""
        self.dismiss(result=False)


class ConfirmByName(Question):
    """A question that is answered with yes by typing a name.

    Args:
        question: Names the object.
        lines: What will happen, with counts.
        name: What must be typed to confirm.
    """

    scopes: tuple[Scope, ...] = (Scope.ANSWER, Scope.TYPED, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)

    field = getters.query_one(Input)

    def __init__(self, question: str, lines: Sequence[str], name: str) -> None:
        super().__init__(question, lines, is_danger=True)
        self._name = name

    def compose(self) -> ComposeResult:
        """Lay out: question, consequences, input, keys."""
        with VerticalScroll(can_focus=False):
            yield Words(self._question)
            yield Words(*self._lines)
            with Vertical(classes="foot"):
                yield Words(f"To confirm, type {self._name}")
                yield Input(compact=True)
                yield self.hints()

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False

    def action_dialog_accept(self) -> None:
        """Confirm only with the right name."""
        if self.field.value == self._name:
            self.dismiss(result=True)
