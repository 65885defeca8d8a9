"""What to report to the server, and when to send the next request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from torc_core.clock import Clock, utc_text
from torc_core.model.exchange import Exchange, JobEnd, JobRelease, JobStart, WorkRequest
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.runner.policy.timers import Timer, TimerKind, Timers

START_DELAY_S = 0.1
"""A start is reported after so long, unless the job has completed by then: one report has both."""
MAX_PER_REQUEST = 5_000
"""The most reports of a kind in one request; a server accepts at most 10,000."""


class Reports(NamedTuple):
    """What one exchange carries."""

    starts: list[JobStart]
    ends: list[JobEnd]
    releases: list[JobRelease]
    replaces: list[ComputeNodeId]
    returns: bool


class Outbox:
    """What there is to report, each kind in the order in which it happened."""

    def __init__(self) -> None:
        self._starts: dict[JobId, tuple[int, int]] = {}
        """From job id to token and milliseconds since 1970. Most short jobs complete before their
        start is reported, so no report is built before it is sent."""
        self._running: dict[JobId, tuple[int, int]] = {}
        """The same of all attempts whose start was added and whose end was not."""
        self._completions: list[JobEnd] = []
        self._releases: list[JobRelease] = []
        self._replaced: list[ComputeNodeId] = []
        self._returns = False

    def __bool__(self) -> bool:
        return bool(self._starts or self.is_urgent)

    @property
    def is_urgent(self) -> bool:
        """Whether it holds what may set off other jobs: more than starts."""
        return bool(self._completions or self._releases or self._replaced or self._returns)

    def add_start(self, job_id: JobId, token: int, started_ms: int) -> None:
        """Add the start of an attempt."""
        self._starts[job_id] = self._running[job_id] = (token, started_ms)

    def add_completion(self, completion: JobEnd) -> None:
        """Add a completion; it carries the start as well if that was not reported before."""
        self._starts.pop(completion.job_id, None)
        self._running.pop(completion.job_id, None)
        self._completions.append(completion)

    def add_release(self, job_id: JobId, token: int, *, is_lost: bool = False) -> None:
        """Add the release of a job that was not started, or is lost with its guard."""
        self._running.pop(job_id, None)
        self._releases.append(JobRelease(job_id=job_id, token=token, is_lost=is_lost))

    def add_replaced(self, nodes: Sequence[ComputeNodeId]) -> None:
        """Add the compute nodes of dead runners; the reports of all their jobs come first."""
        self._replaced += nodes

    def add_return(self) -> None:
        """Add the starts of all running attempts again, and after them that these are all."""
        self._starts = dict(self._running)
        self._returns = True

    def take(self) -> Reports:
        """Remove and return everything, or the oldest part if it is too much for one request."""
        count = MAX_PER_REQUEST
        starts = [
            JobStart(job_id=job_id, token=token, start_time=utc_text(started_ms))
            for job_id, (token, started_ms) in islice(self._starts.items(), count)
        ]
        is_last = max(len(self._starts), len(self._completions), len(self._releases)) <= count
        taken = Reports(
            starts,
            self._completions[:count],
            self._releases[:count],
            self._replaced if is_last else [],
            returns=self._returns and is_last,
        )
        if is_last:
            self._replaced, self._returns = [], False
        self._starts = dict(islice(self._starts.items(), count, None))
        self._completions = self._completions[count:]
        self._releases = self._releases[count:]
        return taken


class ReportScheduler:
    """Keeps one long poll open and batches reports into a second request.

    Args:
        outbox: What there is to report.
        timers: Where the next request is scheduled.
        clock: The time.
    """

    def __init__(self, outbox: Outbox, timers: Timers, clock: Clock) -> None:
        self._is_due = True
        """The next request is to be sent as soon as the link allows."""
        self._is_heartbeat = False
        self._outbox = outbox
        self._timers = timers
        self._clock = clock

    def send_soon(self) -> None:
        """Let the next request be sent as soon as the link allows."""
        self._is_due = True

    def beat(self) -> None:
        """Let the next request be sent soon, even if there is nothing to report."""
        self._is_due = self._is_heartbeat = True

    def schedule(
        self, *, batch_delay_s: float, poll_delay_s: float, in_flight: int, is_stopping: bool
    ) -> None:
        """Schedule the next request: at once, or a little later so that it carries more.

        Args:
            batch_delay_s: How long a completion may wait for others.
            poll_delay_s: How long to wait before the next long poll.
            in_flight: How many requests are not answered yet.
            is_stopping: Send reports only.
        """
        if self._outbox.is_urgent:
            self._send_within(batch_delay_s)
        elif not in_flight and not is_stopping:
            self._send_within(poll_delay_s)
        elif self._outbox:
            self._send_within(START_DELAY_S)

    def next_request(
        self,
        request_work: Callable[[], WorkRequest | None],
        *,
        wait_s: float,
        in_flight: int,
        is_stopping: bool,
    ) -> Exchange | None:
        """Return the request to send now; None unless one is due. The link must be free.

        Args:
            request_work: Returns what could be claimed.
            wait_s: How long the server may wait for news.
            in_flight: How many requests are not answered yet.
            is_stopping: Request no work and wait for nothing; a request still ends a long poll.
        """
        if not self._is_due:
            return None
        self._is_due = False
        self._timers.clear(Timer(TimerKind.EXCHANGE))
        if is_stopping and not (self._outbox or in_flight or self._is_heartbeat):
            return None
        self._is_heartbeat = False
        return Exchange(
            seq=0,
            **self._outbox.take()._asdict(),
            work=None if is_stopping else request_work(),
            wait_seconds=0.0 if is_stopping else wait_s,
        )

    def _send_within(self, delay_s: float) -> None:
        if delay_s:
            expiry = self._clock.monotonic() + delay_s
            self._timers.set_earlier(Timer(TimerKind.EXCHANGE), expiry)
        else:
            self._is_due = True
