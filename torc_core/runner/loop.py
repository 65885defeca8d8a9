"""The runner's loop: sleep until something happens, then do what there is to do.

It wakes when a process ends, the server has news, a deadline falls due or somebody rings. It is
one thread; only turns with the server and actions of the workflow run on others.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable

from torc_core.client import TorcClient
from torc_core.errors import ExitCode, TorcError
from torc_core.model.exchange import Exchange, ExchangeReply, WorkRequest
from torc_core.runner.actions import JOB_TRIGGERS, Actions
from torc_core.runner.jobs import Jobs
from torc_core.runner.monitor.monitor import ResourceMonitor, open_metrics
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.limits import patience, stop_deadline
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import HOLD_S, ask
from torc_core.runner.policy.shutdown import ShutdownPolicy
from torc_core.runner.policy.summary import Progress, RunSummary, exit_code
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.reporting import ReportScheduler
from torc_core.runner.server.link import ExchangeResult, ServerLink
from torc_core.runner.server.node import url_for_jobs
from torc_core.runner.server.protocol import choose_protocol
from torc_core.runner.signals import Bell

log = logging.getLogger("torc.runner")

PROGRESS_S = 0.25
"""How often progress is told at most."""
LOOK_FOR_ACTIONS_S = 1.0
"""How soon to look again for actions after a look that found none to execute."""


class Loop:
    """One run of the loop.

    Args:
        client: The server.
        options: What to do.
        station: Where.
        actions: Those of the workflow.
        bell: Rung when something happened outside the loop.
        on_progress: Told how far things are.
    """

    def __init__(
        self,
        client: TorcClient,
        options: RunnerOptions,
        station: RunnerContext,
        actions: Actions,
        bell: Bell,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._client = client
        self._options = options
        self._station = station
        self._actions = actions
        self._bell = bell
        self._on_progress = on_progress
        self._epoll = select.epoll()
        self._epoll.register(bell.fd, select.EPOLLIN)
        self._deadlines = Timers()
        self._meter = ResourceMonitor(
            station.monitoring.interval_s, self._deadlines, open_metrics(station)
        )
        self._jobs = Jobs(station, options, self._deadlines, self._meter, self._epoll.register)
        self._courier = ServerLink(choose_protocol(client, station), bell.ring)
        self._talk = ReportScheduler(self._courier, self._jobs.outbox, self._deadlines)
        self._departure = ShutdownPolicy(self._deadlines, patience(options, station.workflow))
        self._stays_when_complete = station.workflow.compute_node_ignore_workflow_completion
        self._taken_stops = 0
        self._is_complete = False
        self._has_actions = False
        self._found_nothing = False
        """Asked when there was nothing to report, the server had no job."""
        self._why_no_job = ""
        self._is_canceled = False
        self._error: TorcError | None = None
        self._ends_at = stop_deadline(options, station.workflow, time.monotonic(), time.time())
        self._at_deadline = self._what_deadlines_do()
        self._told_last: Progress | None = None

    # ---- the loop

    def work(self, stops: list[ExitCode]) -> None:
        """Run until there is no more to do.

        Args:
            stops: Grows while this runs, by one for each wish that the runner should stop.
        """
        self._actions.run(("on_workflow_start",))
        self._actions.run(("on_worker_start",))
        if self._ends_at is not None:
            self._deadlines.set(Timer(TimerKind.RUNNER_ENDS), self._ends_at)
        self._do_what_is_due(stops)
        while not self._is_done():
            self._sleep()
            self._do_what_is_due(stops)
        if self._is_complete and not stops:
            self._actions.run(JOB_TRIGGERS)
            self._actions.run(("on_workflow_complete",))
        if self.hears_server:
            self._actions.run(("on_worker_complete",))
        self._tell_progress()
        if self._error is not None:
            raise self._error

    def _do_what_is_due(self, stops: list[ExitCode]) -> None:
        for due in self._deadlines.pop_due(time.monotonic()):
            self._at_deadline[due.what](due.job_id)
        while self._taken_stops < len(stops):
            self._on_stop(stops[self._taken_stops], again=self._taken_stops > 0)
            self._taken_stops += 1
        for delivery in self._courier.collect():
            self._on_delivery(delivery)
        self._jobs.start_waiting()
        if self._jobs.waiting:
            self._deadlines.set_earlier(Timer(TimerKind.GIVE_BACK), time.monotonic() + HOLD_S)
        if self._jobs.trouble is not None and not self._departure.is_near:
            self._error = self._jobs.trouble
            self._leave(self._jobs.trouble.message)
            self._jobs.release_waiting()
        is_leaving = self._departure.is_near
        pace = self._jobs.pace
        self._talk.plan(
            linger_s=pace.linger_s(len(self._jobs.waiting)),
            pause_s=pace.pause_s(self._jobs.running),
            is_leaving=is_leaving,
        )
        self._talk.take_turn(self._ask, wait_s=self._longest_wait_s(), is_leaving=is_leaving)
        self._plan_departure()
        self._plan_progress()

    @property
    def hears_server(self) -> bool:
        """Whether it is worth asking the server anything more: False once the loop gave it up."""
        return not self._departure.gives_up or self._error is not None

    def close(self) -> None:
        """Leave nothing behind: no thread that talks, no process."""
        self._jobs.kill_all()
        self._courier.close()
        self._meter.close()
        self._epoll.close()

    def summary(self, jobs_by_status: dict[str, int]) -> RunSummary:
        """Return how it went, given how all jobs of the workflow stand; empty: nobody knows."""
        return RunSummary(
            workflow_id=self._options.workflow_id,
            run_id=self._station.run_id,
            ended=dict(self._jobs.ended),
            jobs_by_status=jobs_by_status,
            duration_s=time.monotonic() - self._station.started,
            reason=self._departure.why or "the runner failed",
            is_canceled=self._is_canceled,
            exit_code=exit_code(jobs_by_status, self._departure.stop_code),
        )

    def _is_done(self) -> bool:
        if not self._departure.is_near or not self._jobs.is_empty:
            return False
        is_told = not self._jobs.outbox and not self._courier.in_flight
        return (is_told or self._departure.gives_up) and not self._actions.is_busy

    def _sleep(self) -> None:
        wait_s = self._deadlines.wait(time.monotonic())
        for fd, _ in self._epoll.poll(-1 if wait_s is None else wait_s):
            if fd == self._bell.fd:
                self._bell.quiet()
            else:
                self._epoll.unregister(fd)
                self._jobs.process_ended(fd)

    # ---- what happens

    def _what_deadlines_do(self) -> dict[TimerKind, Callable[[int], None]]:
        """Return what to do at each kind of deadline, given the job's id."""
        return {
            TimerKind.TALK: lambda _: self._talk.hurry(),
            TimerKind.SAMPLE: lambda _: self._jobs.sample(),
            TimerKind.PROGRESS: lambda _: self._tell_progress(),
            TimerKind.KILL: self._jobs.kill,
            TimerKind.OUT_OF_TIME: lambda job_id: self._jobs.stop(job_id, StopReason.OUT_OF_TIME),
            TimerKind.RUNNER_ENDS: lambda _: self._leave(
                "the runner's time is over", StopReason.RUNNER_ENDS
            ),
            TimerKind.IDLE: lambda _: self._leave(
                f"there is nothing to run here. {self._why_no_job}".strip()
            ),
            TimerKind.NO_SERVER: lambda _: self._departure.give_up("the server does not answer"),
            TimerKind.PATIENCE: lambda _: self._departure.give_up("nobody takes the report"),
            TimerKind.ACTIONS: lambda _: self._look_for_actions(),
            TimerKind.GIVE_BACK: lambda _: self._hold_no_longer(),
        }

    def _hold_no_longer(self) -> None:
        """Give back what waits behind jobs that turn out long: others may run it now."""
        until = self._jobs.last_end + HOLD_S
        if until > time.monotonic():
            self._deadlines.set(Timer(TimerKind.GIVE_BACK), until)
        elif self._jobs.waiting:
            self._jobs.release_waiting()
            self._jobs.pace.start_over()

    def _on_stop(self, code: ExitCode, *, again: bool) -> None:
        self._departure.stop_code = code
        # In an allocation a signal announces the end of the allocation, not a wish of its owner.
        is_own = self._options.compute_node_type == "local"
        reason = StopReason.INTERRUPTED if is_own else StopReason.RUNNER_ENDS
        self._leave("the runner was told to stop", reason)
        if again:
            self._jobs.kill_all()
            self._departure.hurry()

    def _on_delivery(self, delivery: ExchangeResult) -> None:
        if delivery.error is not None:
            self._error = delivery.error
            self._departure.give_up(delivery.error.message)
            self._jobs.stop_all(StopReason.CANCELED)
        if delivery.reply is not None:
            # An embedded server may have been started again elsewhere.
            address = url_for_jobs(self._client, self._station.capabilities)
            self._station.environment["TORC_API_URL"] = address
            # Of two turns on their way the later may be answered before the earlier is heard, so
            # only one without a report shows that there is nothing.
            self._found_nothing = not (delivery.turn.ends or delivery.reply.jobs)
            self._on_reply(delivery.turn, delivery.reply)

    def _on_reply(self, turn: Exchange, reply: ExchangeReply) -> None:
        for outcome in reply.outcomes:
            if outcome.result not in {"ok", "duplicate"}:
                log.warning("job %s: report refused: %s", outcome.job_id, outcome.result)
        self._jobs.accept(reply.jobs)
        if self._departure.is_near:
            self._jobs.release_waiting()
        # A start that comes late is refused when the job has been retried since: the new attempt
        # is not meant.
        late = {start.job_id for start in turn.starts if not self._jobs.has(start)}
        for job_id in set(reply.kill) - late:
            self._jobs.stop(job_id, StopReason.CANCELED)
        if reply.is_canceled:
            self._is_canceled = True
            self._leave("the workflow was cancelled", StopReason.CANCELED)
        elif reply.is_complete and not (reply.jobs or self._stays_when_complete):
            self._is_complete = True
            self._leave("the workflow is complete", StopReason.CANCELED)
        self._why_no_job = reply.reason or ""
        self._has_actions = reply.has_pending_actions
        self._look_for_actions()

    def _look_for_actions(self) -> None:
        """Execute pending actions on the side, unless a look just found none to execute."""
        if not self._has_actions or self._departure.is_near:
            return
        if not self._actions.is_busy and Timer(TimerKind.ACTIONS) not in self._deadlines:
            self._has_actions = False
            self._deadlines.set(Timer(TimerKind.ACTIONS), time.monotonic() + LOOK_FOR_ACTIONS_S)
            self._actions.run_in_background(JOB_TRIGGERS, self._bell.ring)

    def _leave(self, why: str, stop: StopReason | None = None) -> None:
        """Take no more jobs; end those that run if there is a reason to."""
        self._departure.leave(why)
        self._talk.hurry()
        if stop is not None:
            self._jobs.stop_all(stop)
        if stop in {StopReason.INTERRUPTED, StopReason.RUNNER_ENDS} or self._is_canceled:
            self._actions.end_command()

    def _longest_wait_s(self) -> float:
        """Return how long a turn may wait: no longer than an idle runner stays."""
        longest_s, idle_s = self._options.poll_interval_s, self._departure.patience.idle_s
        return min(longest_s, idle_s) if self._jobs.is_empty else longest_s

    def _ask(self) -> WorkRequest | None:
        slots = self._options.max_parallel_jobs or self._station.total.num_cpus
        return ask(
            self._jobs.unspoken_for(),
            self._station,
            self._options,
            remaining_s=None if self._ends_at is None else self._ends_at - time.monotonic(),
            ahead=self._jobs.pace.ahead(slots) - len(self._jobs.waiting),
        )

    # ---- leaving and telling

    def _plan_departure(self) -> None:
        if not self._jobs.is_empty:
            self._found_nothing = False
        self._departure.plan(
            is_idle=self._jobs.is_empty and not self._actions.is_busy,
            has_no_work=self._found_nothing,
            is_away=self._courier.away_since is not None,
            has_report=self._jobs.outbox.has_ends or self._courier.carries_report,
        )

    def _plan_progress(self) -> None:
        if self._on_progress is not None and self._progress() != self._told_last:
            self._deadlines.set_earlier(Timer(TimerKind.PROGRESS), time.monotonic() + PROGRESS_S)

    def _tell_progress(self) -> None:
        if self._on_progress is not None:
            self._told_last = self._progress()
            self._on_progress(self._told_last)

    def _progress(self) -> Progress:
        return Progress(
            running=self._jobs.running,
            waiting=len(self._jobs.waiting),
            ended=dict(self._jobs.ended),
            is_stopping=self._departure.is_near,
            is_server_away=self._courier.away_since is not None,
        )
