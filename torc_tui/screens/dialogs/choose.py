"""Asking the user to choose one of a few things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.dialogs.dialog import Dialog, Words


class _Choice(Words):
    """One of the choices."""

    @dataclass
    class Clicked(Message):
        """It is the one."""

        key: str

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}  {text}")
        self._key = key

    def on_click(self) -> None:
        """Choose it."""
        self.post_message(self.Clicked(self._key))


class Choose(Dialog[str | None]):
    """One of a few keys, or None for Esc; Enter is the first.

    Args:
        question: What is asked.
        choices: Key and text of each.
        lines: What there is to know about it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.ANSWER)

    def __init__(
        self, question: str, choices: Sequence[tuple[str, str]], lines: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._question = question
        self._choices = choices
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Lay out: question, what there is to know, choices, keys."""
        with VerticalScroll():
            yield Words(self._question)
            if self._lines:
                yield Words(*self._lines)
            with Vertical(classes="foot"):
                for key, text in self._choices:
                    yield _Choice(key, text)
                yield self.hints()

    def on_key(self, event: events.Key) -> None:
        """Answer with the key of a choice."""
        if event.character in dict(self._choices):
            event.stop()
            self.dismiss(event.character)

    @on(_Choice.Clicked)
    def _on_clicked(self, clicked: _Choice.Clicked) -> None:
        """Answer with what was clicked."""
        self.dismiss(clicked.key)

    def action_dialog_accept(self) -> None:
        """Answer with the first choice."""
        self.dismiss(self._choices[0][0])
