"""The exchanges of a runner with the server: when to send one, with what in it."""

from __future__ import annotations

import msgspec

from torc_core.model.exchange import WorkRequest
from torc_core.model.records.timers import RunnerTimers
from torc_core.runner.jobs import Jobs
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import poll_delay_s
from torc_core.runner.policy.reporting import ReportScheduler
from torc_core.runner.server.link import ServerLink
from torc_core.runner.server.outstanding import ExchangeResult


class Exchanges:
    """Reports what the jobs did, requests work for them and listens for news.

    Args:
        link: Sends the requests.
        jobs: What there is to report, and what could be claimed.
        options: The runner's.
        deadline: When the runner stops, on the monotonic clock; None for never.
        context: What is fixed for the runner.
        schedules_nodes: Whether it can request nodes.
    """

    def __init__(
        self,
        link: ServerLink,
        jobs: Jobs,
        options: RunnerOptions,
        deadline: float | None,
        context: RunnerContext,
        *,
        schedules_nodes: bool = False,
    ) -> None:
        self._boot_id = context.boot_id
        self._link = link
        self._schedules_nodes = schedules_nodes
        self._jobs = jobs
        self._options = options
        self._deadline = deadline
        self._clock = jobs.tools.clock
        self._awaits_actions = True
        self._timers: RunnerTimers | None = None
        """The server's; None until it has said them, and again after it did not answer."""
        self._reports = ReportScheduler(jobs.outbox, jobs.tools.timers, self._clock)

    @property
    def is_failing(self) -> bool:
        """Whether a request failed and was not answered since."""
        return self._link.is_failing

    @property
    def has_report(self) -> bool:
        """Whether a completion or a release is not acknowledged, for which others may wait."""
        return self._jobs.outbox.is_urgent or self._link.carries_report

    @property
    def is_acknowledged(self) -> bool:
        """Whether nothing is left to report, and no request is in flight."""
        return not self._jobs.outbox and not self._link.in_flight

    def collect(self) -> list[ExchangeResult]:
        """Return the results since the last call."""
        results = self._link.collect()
        for result in results:
            if result.reply is not None and result.reply.timers is not None:
                self._timers = result.reply.timers
        if self._link.is_failing:  # it may be started again with other ones
            self._timers = None
        return results

    def send_soon(self) -> None:
        """Let the next request be sent as soon as the link allows."""
        self._reports.send_soon()

    @property
    def is_too_late(self) -> bool:
        """Whether no further job is claimed, as too little time is left."""
        return self._jobs.is_too_late(self._remaining_s())

    def beat(self) -> None:
        """Let the server hear from the runner, even if there is nothing to report."""
        self._reports.beat()

    def send_due(
        self,
        *,
        longest_idle_s: float | None,
        knows_stuck: bool = False,
        awaits_actions: bool = True,
        is_stopping: bool,
        may_claim: bool = True,
    ) -> None:
        """Send a request if it is time for one.

        Args:
            longest_idle_s: How long the runner stays without work; None for as long as it takes.
            knows_stuck: It is known, and no reason to leave, that nothing that is left is for us.
            awaits_actions: No due action is known: the reply comes at once when there is one.
            is_stopping: Send reports only.
            may_claim: Request work.
        """
        if awaits_actions and not self._awaits_actions:
            self.send_soon()
        self._awaits_actions = awaits_actions
        self._reports.schedule(
            batch_delay_s=self._jobs.prefetcher.batch_delay_s(self._jobs.unstarted),
            poll_delay_s=poll_delay_s(self._jobs.running),
            in_flight=self._link.in_flight,
            is_stopping=is_stopping,
        )
        if not self._link.can_send:
            return
        wait_s = self._options.poll_interval_s
        if self._timers is not None:
            wait_s = min(wait_s, self._timers.heartbeat_seconds)
        # An idle runner does not listen for longer than it stays.
        if self._jobs.is_empty and longest_idle_s is not None:
            wait_s = min(wait_s, longest_idle_s)
        request = self._reports.next_request(
            lambda: self._build_work_request(knows_stuck=knows_stuck) if may_claim else None,
            wait_s=wait_s,
            in_flight=self._link.in_flight,
            is_stopping=is_stopping,
        )
        if request is not None:
            self._link.send(
                msgspec.structs.replace(
                    request,
                    schedules_nodes=self._schedules_nodes,
                    awaits_actions=awaits_actions,
                    asks_timers=self._timers is None,
                    boot_id=self._boot_id if self._timers is None else None,
                )
            )

    def close(self) -> None:
        """Give up all requests."""
        self._link.close()

    def _build_work_request(self, *, knows_stuck: bool) -> WorkRequest | None:
        request = self._jobs.build_work_request(self._remaining_s())
        if request is None or not self._jobs.is_empty:
            return request
        return msgspec.structs.replace(request, asks_outlook=True, knows_stuck=knows_stuck)

    def _remaining_s(self) -> float | None:
        return None if self._deadline is None else self._deadline - self._clock.monotonic()
