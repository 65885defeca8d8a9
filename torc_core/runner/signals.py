"""What reaches the loop from outside: a bell to wake it, and signals that ask it to stop."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

from torc_core.errors import ExitCode

_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}


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


@contextlib.contextmanager
def stopping_on_signals(ask_to_stop: Callable[[ExitCode], None]) -> Iterator[None]:
    """Let the first signal end the runner's jobs in peace, and a second one end them at once.

    SIGHUP is ignored: a run goes on when its terminal disappears. SIGCHLD must not be, as it may
    be since our parent's time: how children ended would be lost. Only the main thread may do this.
    """

    def stop(signum: int, _: FrameType | None) -> None:
        ask_to_stop(_CODES[signal.Signals(signum)])

    previous = {signum: signal.signal(signum, stop) for signum in _CODES}
    previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
