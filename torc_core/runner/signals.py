"""Signals that ask a runner to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from torc_core.errors import ExitCode
from torc_core.runner.loop import Runner

_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}


@contextmanager
def stopping_on_signals(runner: Runner) -> Iterator[None]:
    """Let the first signal end the runner's jobs in peace, and a second one end them at once.

    SIGHUP is ignored: a run goes on when its terminal disappears. SIGCHLD must not be, as it may
    be since our parent's time: how children ended would be lost. Only the main thread may do this.
    """

    def stop(signum: int, _: FrameType | None) -> None:
        runner.stop(_CODES[signal.Signals(signum)])

    previous = {signum: signal.signal(signum, stop) for signum in _CODES}
    previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
