"""The line for messages: what was done, or what went wrong."""

from __future__ import annotations

from torc_core.errors import SpecError, TorcError, TransportError
from torc_tui.terminal import clean
from torc_tui.theme import Cell
from torc_tui.widgets.line import Line


class MessageLine(Line):
    """Shows the latest message."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._has_error = False

    def show_notice(self, content: str | TorcError, tone: str = "") -> None:
        """Show a line, or an error."""
        if isinstance(content, TorcError):
            self.show_error(content)
        else:
            self.show_text(content, tone)

    def show_text(self, text: str, tone: str = "") -> None:
        """Show one line to the user."""
        self._has_error = False
        self.show(Cell(f" {clean(text)}", tone))

    def show_error(self, error: TorcError) -> None:
        """Show an error; the head already says when the server does not answer."""
        if isinstance(error, SpecError):
            self.show_text(f"{len(error.problems)} problems, nothing was created", "red")
        elif isinstance(error, TransportError):
            self.show_text(error.hint or error.message, "red")
        else:
            self.show_text(f"{error.message}  {error.hint}", "red")
        self._has_error = True

    def clear_error(self) -> None:
        """Clear an error about something that is no longer shown."""
        if self._has_error:
            self.show_text("")
