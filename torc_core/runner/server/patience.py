"""Asks a server again that does not answer, such as one that is being restarted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from torc_core.clock import Clock, utc_text
from torc_core.errors import ServerError, TransportError
from torc_core.runner.logs import log
from torc_core.runner.policy.backoff import retry_delay_s

T = TypeVar("T")


class Patience:
    """How long a server that does not answer is asked again.

    Args:
        limit_s: Counted from the first failure. Once it is over each question is asked once, until
            the server answers again.
        clock: The time.
        jitter: Returns random numbers from 0 to 1, for the delays between two questions.
        is_over: Whether to wait no longer, since the runner is to stop.
    """

    def __init__(
        self,
        limit_s: float,
        clock: Clock,
        *,
        jitter: Callable[[], float],
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._jitter = jitter
        self._is_over = is_over
        self._deadline: float | None = None
        """Set while the server does not answer."""
        self._never = threading.Event()
        """Is not set: waiting for it is a pause."""

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer to a question that may be asked again.

        Raises:
            TorcError: The server refused; or it does not answer, or fails, for too long.
        """
        failures = 0
        while True:
            try:
                answer = question()
            except (TransportError, ServerError) as error:
                self._note_failure(error)
                if not self._goes_on():
                    raise
                failures += 1
                self._never.wait(retry_delay_s(failures, self._jitter()))
            else:
                if self._deadline is not None:
                    log.info("Server answers again")
                    self._deadline = None
                return answer

    def _goes_on(self) -> bool:
        assert self._deadline is not None
        return self._clock.monotonic() < self._deadline and not self._is_over()

    def _note_failure(self, error: TransportError | ServerError) -> None:
        if self._deadline is not None:
            return
        self._deadline = self._clock.monotonic() + self._limit_s
        if self._limit_s:
            until = utc_text(self._clock.wall_ms() + int(self._limit_s * 1000))
            log.warning("Server does not answer", error=error.message, asked_until=until)
