"""A bell that other threads and signal handlers ring to wake the loop."""

from __future__ import annotations

import contextlib
import os


class Bell:
    """A descriptor that is readable once the bell was rung."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def ring(self) -> None:
        """Wake whoever waits for the descriptor. Safe in signal handlers and on any thread."""
        os.eventfd_write(self.fd, 1)

    def quiet(self) -> None:
        """Take note of all rings so far."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.fd)

    def __del__(self) -> None:
        # No earlier: a thread that still rings would write to whatever has the number then.
        os.close(self.fd)
