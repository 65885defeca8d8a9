"""Processes that are no attempts: other threads than the loop's have them started, and wait."""

from __future__ import annotations

from concurrent.futures import Future

from torc_core.runner.guard.messages import Exited, Refused, Start, Started
from torc_core.runner.logs import log
from torc_core.runner.policy.exit_outcome import EXIT_LOST
from torc_core.runner.process.attempt import GuardedProcess
from torc_core.runner.process.events import Lost, ProcessEvent, Taken
from torc_core.runner.process.start_errors import SpawnError, spawn_error


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
