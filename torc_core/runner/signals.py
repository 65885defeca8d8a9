"""What wakes the loop: news from guards, calls from other threads, and signals to stop."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator
from enum import Enum
from types import FrameType

from torc_core.errors import ExitCode
from torc_core.host.orphans import is_given_orphans, reap_orphans


class Urgency(Enum):
    """How soon a runner is to stop."""

    ANNOUNCED = "announced"
    """Its end is announced: it stops unless it does so already."""
    ASKED = "asked"
    """Now; the second time without a grace for the jobs."""
    AT_ONCE = "at once"
    """Without a grace."""


_STOPS = {
    signal.SIGINT: (ExitCode.INTERRUPTED, Urgency.ASKED),
    signal.SIGTERM: (ExitCode.TERMINATED, Urgency.ASKED),
    signal.SIGQUIT: (ExitCode.TERMINATED, Urgency.AT_ONCE),
    # What batch systems send before they kill, on request (sbatch(1), --signal).
    **dict.fromkeys(
        (signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU), (ExitCode.TERMINATED, Urgency.ANNOUNCED)
    ),
}


class Waker:
    """Puts the loop to sleep until a guard has news, `wake` is called, or time is up.

    The guard waits for the jobs' processes. In a container the runner may be process 1, which is
    given all other orphans: they are waited for here, or each would take up a pid for ever.
    """

    def __init__(self) -> None:
        self._event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll = select.epoll()
        self._epoll.register(self._event_fd, select.EPOLLIN)
        self._is_given_orphans = is_given_orphans()

    def wake(self) -> None:
        """End the sleep. Safe in signal handlers and on any thread."""
        os.eventfd_write(self._event_fd, 1)

    def watch(self, fd: int) -> None:
        """End the sleep whenever a descriptor is readable, until it is closed."""
        self._epoll.register(fd, select.EPOLLIN)

    def watch_for_room(self, fd: int, *, waits: bool) -> None:
        """End the sleep also when a watched descriptor can be written to, or no longer then."""
        self._epoll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if waits else 0))

    def sleep(self, seconds: float | None) -> list[int]:
        """Sleep, for ever with None, and return the watched descriptors for which it has ended."""
        ready = []
        for fd, _ in self._epoll.poll(-1 if seconds is None else seconds):
            if fd == self._event_fd:
                with contextlib.suppress(BlockingIOError):
                    os.eventfd_read(fd)
            else:
                ready.append(fd)
        if self._is_given_orphans:
            reap_orphans()
        return ready

    def close(self) -> None:
        """Stop watching; `wake` may still be called."""
        self._epoll.close()

    def __del__(self) -> None:
        # No earlier: a thread that still wakes would write to the next file with this number.
        os.close(self._event_fd)


@contextlib.contextmanager
def stopping_on_signals(request_stop: Callable[[ExitCode, Urgency], None]) -> Iterator[None]:
    """Let a first signal stop the jobs gracefully, and a second one kill them.

    SIGHUP is ignored: a run continues when its terminal disappears. SIGCHLD must not be, as it may
    be since our parent's time: the exit codes of children would be lost. For the main thread only.
    """

    def stop(signum: int, _: FrameType | None) -> None:
        request_stop(*_STOPS[signal.Signals(signum)])

    previous = {signum: signal.signal(signum, stop) for signum in _STOPS}
    previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
