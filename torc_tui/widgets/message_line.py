"""The line for messages: what was done, or what went wrong."""

from __future__ import annotations

import re
import textwrap

from rich.cells import cell_len
from textual.timer import Timer

from torc_core.errors import SpecError, TorcError, TransportError
from torc_core.units import counted
from torc_tui.keys.in_words import in_keys
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line

_END = re.compile(r"[.?!](?= )")
_MORE = " …"
_ROWS = 2
_ONGOING = "…"
_ERROR = "red"
_GLANCE_S = 4.0
_CELLS_PER_S = 12
"""A slow reader; 200 words in a minute are 20."""


class MessageLine(Line):
    """Shows the latest message; one that is long takes a row from the keys below.

    A notice goes when it could be read twice, or when the user leaves the workflow in which it
    came; an error with the next key that does something, or when it is no longer true; and what is
    being done (it ends with "…") when it is done.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._said = "", ""
        self._expiry: Timer | None = None

    @property
    def _has_error(self) -> bool:
        return self._said[1] == _ERROR

    def show_notice(self, content: str | TorcError, tone: str = "") -> None:
        """Show a line, or an error."""
        if isinstance(content, TorcError):
            self.show_error(content)
        else:
            self.show_text(content, tone)

    def show_text(self, text: str, tone: str = "") -> None:
        """Show one line to the user; a red one is an error."""
        if self._expiry is not None:
            self._expiry.stop()
            self._expiry = None
        self._said = clean(text), tone
        self._show_said()
        if text and not self._has_error and not text.endswith(_ONGOING):
            self._expire_in(reading_s(text))

    def on_resize(self) -> None:
        """Show as much as there is room for now."""
        self._show_said()

    def show_error(self, error: TorcError) -> None:
        """Show an error; the head already says when the server does not answer."""
        if isinstance(error, SpecError):
            text = f"{counted(len(error.problems), 'problem')}, nothing was created"
        elif isinstance(error, TransportError):
            text = in_keys(error.hint) or error.message
        else:
            text = f"{error.message}  {in_keys(error.hint)}"
        self.show_text(text, _ERROR)

    def clear_error(self) -> None:
        """Clear an error that is no longer true, or that the user has left behind."""
        if self._has_error:
            self.show_text("")

    def clear_notice(self) -> None:
        """Clear what was said of something that the user leaves; what is being done stays."""
        if not self._said[0].endswith(_ONGOING):
            self.show_text("")

    def clear_text(self, text: str) -> None:
        """Clear a text, unless another one is shown by now."""
        if self._said[0] == text:
            self.show_text("")

    def clear_ongoing(self) -> None:
        """Clear what was being done: it has ended without a word."""
        if self._said[0].endswith(_ONGOING):
            self.show_text("")

    def _expire_in(self, seconds: float) -> None:
        """Clear the notice after a time in which it was in sight."""

        def expire() -> None:
            if self.screen.is_current:
                self.show_text("")
            else:
                self._expire_in(seconds)

        self._expiry = self.set_timer(seconds, expire)

    def _show_said(self) -> None:
        text, tone = self._said
        rows = message_rows(text, max(1, self.size.width - 1))
        self.screen.set_class(len(rows) > 1, "-long-message")
        self.show(*(part for row in rows for part in (Cell(f" {row}", tone), Cell("\n"))))


def reading_s(text: str) -> float:
    """Return for how many seconds a notice is shown. Pure."""
    return _GLANCE_S + cell_len(text) / _CELLS_PER_S


def message_rows(text: str, width: int) -> list[str]:
    """Return a text in one row or two; of a longer one, the sentences that fit. Pure.

    Where not even the first one fits, the second row is too long.
    """
    if cell_len(text) <= width:
        return [text]
    ends = [text[: found.end()] + _MORE for found in _END.finditer(text)]
    for said in (text, *reversed(ends)):
        rows = textwrap.wrap(said, width)
        if len(rows) <= _ROWS and all(cell_len(row) <= width for row in rows):
            return rows
    first, *rest = textwrap.wrap(text, width)
    return [first, " ".join(rest)]
