"""Processes that are not attempts: other threads than the loop's have them started, and wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from torc_core.runner.guard.messages import Exited, Refused, Start, Started
from torc_core.runner.logs import log
from torc_core.runner.policy.exit_outcome import EXIT_LOST
from torc_core.runner.process.attempt import GuardedProcess, Lost, ProcessEvent, Taken
from torc_core.runner.process.start_errors import SpawnError, spawn_error


class ThreadRequests:
    """What other threads want the loop's thread to do.

    Args:
        wake: Wakes the loop.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._requests: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.is_closed = False

    def put(self, request: Callable[[], None]) -> None:
        """Add a request. Safe on any thread."""
        self._requests.put(request)
        if self.is_closed:
            self.carry_out()  # the loop does not any more
        else:
            self._wake()

    def carry_out(self) -> None:
        """Carry out what was requested."""
        while True:
            try:
                request = self._requests.get_nowait()
            except Empty:
                return
            request()

    def close(self) -> None:
        """Carry out what was requested, and from now on each request at once."""
        self.is_closed = True
        self.carry_out()


class AwaitedProcess:
    """A process for whose end a thread waits.

    Args:
        start: What is started; the number is set by `Guards`.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self.process: GuardedProcess | None = None
        """None until a guard was asked to start it. For the loop's thread only."""
        self._exit_code: Future[int] = Future()

    def begin(self, process: GuardedProcess) -> None:
        """Note the process that a guard was asked to start."""
        self.process = process

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or will not begin."""
        return self._exit_code.done()

    def wait(self) -> int:
        """Wait until it is over, and return its exit code, 128+n for signal n.

        Raises:
            SpawnError: It could not be started.
        """
        return self._exit_code.result()

    def note(self, event: ProcessEvent) -> None:
        """Take into account what has happened to it."""
        match event:
            case Started():
                pass
            case Refused():
                self.fail(spawn_error(event.message, event.errno))
            case Exited():
                if event.survivors:
                    log.error("Processes cannot be killed", left=event.survivors)
                self.finish(event.exit_code)
            case Lost() | Taken():
                self.finish(EXIT_LOST)

    def finish(self, exit_code: int) -> None:
        """End the wait; what comes after the first end does not count."""
        if not self.is_over:
            self._exit_code.set_result(exit_code)

    def fail(self, error: SpawnError) -> None:
        """End the wait: it could not be started."""
        if not self.is_over:
            self._exit_code.set_exception(error)
