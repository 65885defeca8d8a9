"""Copying a text from a screen to the clipboard of the terminal."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from textual.screen import Screen
from textual.worker import WorkType

from torc_tui import clipboard
from torc_tui.clipboard import Tell


def copy_text(screen: Screen[Any], text: str, tell: Tell) -> None:
    """Send a harmless text to the clipboard, and say how much was sent and where it is kept."""
    driver = screen.app._driver  # noqa: SLF001 - Textual's own way knows neither limits nor screen
    if driver is not None:
        work: WorkType[None] = partial(clipboard.send, driver.write, text, os.environ, tell)
        screen.run_worker(work)
