"""A bar on stderr for work that takes longer than a moment; in a terminal only."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from torc_tui.terminal import clean

if TYPE_CHECKING:
    from rich.progress import Progress

DELAY_S = 1.0
"""Commands that are done by then show no bar."""


class ProgressBar:
    """Appears once the command has lasted a second, and moves even while nothing is reported."""

    def __init__(self) -> None:
        self._appears_at = time.monotonic() + DELAY_S
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._bar: Progress | None = None
        self._state: dict[str, Any] = {}

    def show(self, sentence: str, done: float | None) -> None:
        """Show how far it is.

        Args:
            sentence: What is being done.
            done: The fraction that is done, from 0 to 1; None if unknown.
        """
        with self._lock:
            self._state = {
                "description": clean(sentence),
                "total": None if done is None else 1.0,
                "completed": done or 0.0,
            }
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], **self._state)
            elif self._timer is None:
                delay_s = max(0.0, self._appears_at - time.monotonic())
                self._timer = threading.Timer(delay_s, self._appear)
                self._timer.daemon = True
                self._timer.start()

    def hide(self) -> None:
        """Remove it; work that is reported from now on is new."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._bar is not None:
                self._bar.stop()
            self._timer = self._bar = None

    def _appear(self) -> None:
        # Rich takes 30 ms to import: only work that lasts pays for it.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        with self._lock:
            if self._timer is None:
                return
            bar.add_task(**self._state)
            bar.start()
            self._bar = bar
