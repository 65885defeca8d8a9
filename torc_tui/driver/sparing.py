"""What the drivers have in common: they send through an `Output`, and so only what changed."""

from __future__ import annotations

from textual import events
from textual.driver import Driver
from textual.message import Message

from torc_tui.driver.output import Output


class Sparing(Driver):
    """Sends what changed, the newest state first, and never makes the event loop wait."""

    _output: Output | None = None
    """While the interface is shown."""

    @property
    def rate(self) -> float | None:
        """Bytes per second that the line to the terminal takes, once measured."""
        return self._output.rate if self._output else None

    def write(self, data: str) -> None:
        """Take in what is written for the terminal."""
        if self._output is not None:
            self._output.write(data)

    def repaint(self) -> None:
        """Paint all again, after another program wrote to the terminal."""
        if self._output is not None:
            self._output.repaint()

    def process_message(self, message: Message) -> None:
        """Keep what the terminal tells the driver; it is called by the thread that reads."""
        if not isinstance(message, events.CursorPosition):
            super().process_message(message)
        elif self._output is not None:
            self._output.answer()

    def _fail(self, error: Exception) -> None:
        """End the interface with an error of the thread that sends."""
        self._loop.call_soon_threadsafe(self._app._handle_exception, error)  # noqa: SLF001 - as Textual's own drivers
