"""A bell that other threads and signal handlers ring to wake the loop."""

from __future__ import annotations

import contextlib
import os


class Bell:
    """A descriptor that is readable once the bell was rung."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._is_open = True

    def ring(self) -> None:
        """Wake whoever waits for the descriptor. Safe in signal handlers and on any thread."""
        if self._is_open:
            os.eventfd_write(self.fd, 1)

    def quiet(self) -> None:
        """Take note of all rings so far."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.fd)

    def close(self) -> None:
        """Give the descriptor back; later rings are not heard."""
        self._is_open = False
        os.close(self.fd)
