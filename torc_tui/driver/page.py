"""Textual's driver for pages of a browser, sending through `Output` as to a terminal.

The terminal is drawn by the page. What is meant for it goes to stdout in packets, and what is
typed there comes in packets on stdin, together with its size.
"""

from __future__ import annotations

from typing import cast

from textual.drivers.web_driver import WebDriver

from torc_tui.driver.output import Output, write_all
from torc_tui.driver.screen import Screen
from torc_tui.driver.sparing import Sparing

_ENCODING = "utf-8"


class PageDriver(Sparing, WebDriver):
    """Sends to a page."""

    def start_application_mode(self) -> None:
        """Begin to send."""
        columns, rows = self._size or (80, 24)
        self._output = Output(Screen(columns, rows), self._send, _ENCODING, self._fail)
        self._output.start()
        super().start_application_mode()

    def _send(self, data: bytes) -> None:
        write_all(self.fileno, b"D%s%s" % (len(data).to_bytes(4, "big"), data))

    def stop_application_mode(self) -> None:
        """Send the rest, and say that nothing more comes."""
        output, self._output = self._output, None
        if output is not None:
            output.close()
        super().stop_application_mode()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take in what the page says of itself; it is called by the thread that reads."""
        if packet_type == "resize" and self._output is not None:
            self._output.resize(cast("int", payload["width"]), cast("int", payload["height"]))
        super().on_meta(packet_type, payload)
