"""The runner's loop: sleep until something happens, then handle it.

It wakes when a process exits, the server answers, a timer expires or a signal arrives. It is one
thread; only exchanges with the server and the actions of the workflow run on others.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from torc_core.errors import ExitCode, TorcError
from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import Exchange, ExchangeReply, Shutdown
from torc_core.runner.actions.executor import Actions
from torc_core.runner.actions.turns import ActionTurns
from torc_core.runner.exchanges import Exchanges
from torc_core.runner.jobs import Jobs
from torc_core.runner.logs import log
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.limits import idle_limits, stop_deadline
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.outputs.spent import ACCEPTED
from torc_core.runner.policy.prospects import Prospects
from torc_core.runner.policy.shutdown import ShutdownPolicy, StopRequest
from torc_core.runner.policy.summary import (
    COMPLETE,
    Progress,
    RunSummary,
    exit_code,
    reason_shown,
)
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.progress import ProgressReporter
from torc_core.runner.server.link import ServerLink
from torc_core.runner.server.outstanding import ExchangeResult
from torc_core.runner.signals import Waker

Turns = Generator[float | None, list[int], None]
"""A loop between its sleeps: yields how long it sleeps at most, and is sent the descriptors that
are readable then."""


class Surroundings(NamedTuple):
    """What the loop deals with besides jobs; a simulator has its own."""

    waker: Waker
    link: ServerLink
    actions: Actions
    on_progress: Callable[[Progress], None] | None = None


class Loop:
    """One run of the loop.

    Args:
        context: Workflow, node, resources.
        options: The runner's.
        jobs: The jobs; none yet.
        surroundings: The server, the workflow's actions, and what wakes the loop.
    """

    def __init__(
        self,
        context: RunnerContext,
        options: RunnerOptions,
        jobs: Jobs,
        surroundings: Surroundings,
    ) -> None:
        self._context = context
        self._options = options
        self._jobs = jobs
        self._waker, link, actions, on_progress = surroundings
        self._clock, self._timers = jobs.tools.clock, jobs.tools.timers
        limits = idle_limits(options, context.workflow)
        self._shutdown = ShutdownPolicy(self._timers, limits, self._clock)
        self._progress = ProgressReporter(
            on_progress, self._measure_progress, self._timers, self._clock
        )
        self._deadline = stop_deadline(
            options, context.workflow, self._clock.monotonic(), self._clock.wall_ms() / 1000
        )
        self._exchanges = Exchanges(
            link, jobs, options, self._deadline, context, schedules_nodes=actions.schedules_nodes
        )
        self._turns = ActionTurns(
            actions, self._timers, self._clock, wake=self._waker.wake, grace_s=options.grace_s
        )
        self._stays = context.workflow.compute_node_ignore_workflow_completion
        self._may_claim = False
        self._is_hurried = False
        """Asked to stop by its user, the end of its time, or because the workflow is canceled."""
        self._handled_stops = 0
        self._is_successful = False
        self._is_canceled = False
        self._prospects = Prospects(options, self._clock, limits.no_work_s)
        self._error: TorcError | None = None
        self._on_timer = self._timer_handlers()

    # ---- the loop

    def run(self, stops: list[StopRequest]) -> None:
        """Run until the runner may exit, see `turns`."""
        _drive(self.turns(stops), self._waker)

    def turns(self, stops: list[StopRequest]) -> Turns:
        """Run until the runner may exit, but for sleeping, which a simulator does in its own way.

        Args:
            stops: Grows while this runs.

        Raises:
            TorcError: The workflow was deleted, the server refuses a setting, or this machine
                cannot start jobs.
        """
        if self._options.cares:
            self._turns.skip_end()
        else:
            self._turns.start()
        if self._deadline is not None:
            _set_deadline(self._timers, self._deadline, self._context)
        self._handle_events(stops)
        while not self._may_exit():
            readable = yield self._timers.delay_s(self._clock.monotonic())
            # Before the exits: batch systems signal runner and jobs at the same instant.
            self._handle_stops(stops)
            for fd in readable:
                self._jobs.handle_events(fd)
            self._handle_events(stops)
        self._progress.report()
        if self._error is not None:
            raise self._error

    @property
    def expects_answers(self) -> bool:
        """Whether the server may be expected to answer; False once waiting for it was given up."""
        return not self._shutdown.abandon_reports or self._error is not None

    def close(self) -> None:
        """Leave no process and no thread behind."""
        self._turns.skip_end()
        self._jobs.kill_all(StopReason.RUNNER_STOPS)
        self._jobs.tools.guards.close(is_reported=self._exchanges.is_acknowledged)
        self._exchanges.close()
        self._jobs.tools.monitor.close()
        self._waker.close()

    def summary(self, jobs_by_status: dict[str, int], unanswered: str = "") -> RunSummary:
        """Return how the run went; what the server says of it, or why it says nothing."""
        stop_code = self._shutdown.stop_code
        return RunSummary(
            workflow_id=self._options.workflow_id,
            run_id=self._context.run_id,
            outcomes=dict(self._jobs.outcomes),
            jobs_by_status=jobs_by_status,
            unanswered=unanswered,
            duration_s=self._clock.monotonic() - self._context.started,
            reason=reason_shown(self._shutdown.exit_reason or "the runner failed", jobs_by_status),
            over_limit=tuple(self._jobs.over_limit.values()),
            is_canceled=self._is_canceled,
            actions_left=self._turns.left,
            exit_code=exit_code(jobs_by_status, stop_code, was_successful=self._is_successful),
        )

    def _handle_stops(self, stops: list[StopRequest]) -> None:
        while self._handled_stops < len(stops):
            self._on_stop(stops[self._handled_stops])
            self._handled_stops += 1

    def _handle_events(self, stops: list[StopRequest]) -> None:
        self._handle_stops(stops)
        for timer in self._timers.pop_expired(self._clock.monotonic()):
            self._on_timer[timer.kind](timer.job_id)
        for result in self._exchanges.collect():
            self._on_result(result)
        if self._shutdown.is_stopping:
            self._jobs.release_waiting()
        else:
            self._jobs.start_waiting()
        if self._jobs.error is not None and not self._shutdown.is_stopping:
            self._error = self._jobs.error
            self._stop(self._jobs.error.message)
            self._jobs.release_waiting()
        self._look_ahead()
        if self._turns.may_claim() and not self._may_claim:
            self._may_claim = True
            self._exchanges.send_soon()
        self._exchanges.send_due(
            may_claim=self._may_claim,
            longest_idle_s=self._prospects.longest_wait_s,
            knows_stuck=self._prospects.is_hopeless,
            awaits_actions=self._turns.awaits,
            is_stopping=self._shutdown.is_stopping,
        )
        self._jobs.tools.guards.flush()
        self._update_shutdown()
        self._progress.schedule()

    def _may_exit(self) -> bool:
        may_exit = self._shutdown.may_exit(
            is_idle=self._is_idle(), is_acknowledged=self._exchanges.is_acknowledged
        )
        return may_exit and not self._turns.finish(
            is_hurried=self._is_hurried, is_heard=self.expects_answers
        )

    def _is_idle(self) -> bool:
        return self._jobs.is_empty and not self._turns.is_busy

    # ---- events

    def _timer_handlers(self) -> dict[TimerKind, Callable[[int], None]]:
        """Return what to do when a timer of each kind expires, given the job's id."""
        return {
            TimerKind.EXCHANGE: lambda _: self._exchanges.send_soon(),
            TimerKind.SAMPLE: lambda _: self._jobs.sample(),
            TimerKind.PROGRESS: lambda _: self._progress.report(),
            TimerKind.SIGNALED: self._jobs.settle_signaled,
            TimerKind.OUTPUTS: self._jobs.look_again,
            TimerKind.JOB_RUNTIME: lambda job_id: self._jobs.stop(job_id, StopReason.OUT_OF_TIME),
            TimerKind.RUNNER_TIME: lambda _: self._stop(
                "the runner's time limit was reached", StopReason.RUNNER_STOPS
            ),
            TimerKind.LAST_CLAIM: lambda _: None,
            TimerKind.IDLE: lambda _: self._stop(self._prospects.idle_reason),
            TimerKind.NO_SERVER: lambda _: self._abandon("the server does not answer"),
            TimerKind.FINAL_REPORT: lambda _: self._abandon(
                "the server did not acknowledge the final report"
            ),
            TimerKind.ACTIONS: lambda _: self._turns.look(),
            TimerKind.KILL_ACTION: lambda _: self._turns.kill(),
            TimerKind.HEARTBEAT: lambda _: self._turns.beat(self._exchanges.beat),
            TimerKind.RELEASE_PREFETCHED: lambda _: self._jobs.release_prefetched(),
        }

    def _on_stop(self, request: StopRequest) -> None:
        self._shutdown.stop_code = request.code
        self._stop("the runner was asked to stop", self._interruption(), request.signaled_at)
        self._progress.report()
        if request.kills:
            self._jobs.kill_all(self._interruption())
            self._turns.skip_end()
            self._shutdown.hurry()

    def _interruption(self) -> StopReason:
        # In an allocation a signal announces the end of the allocation, not its owner's decision.
        is_own = self._options.compute_node_type is SchedulerType.LOCAL
        return StopReason.INTERRUPTED if is_own else StopReason.RUNNER_STOPS

    def _on_result(self, result: ExchangeResult) -> None:
        if result.error is not None:
            self._error = result.error
            self._abandon(result.error.message)
            self._jobs.stop_all(StopReason.CANCELED)
        if result.reply is not None:
            self._prospects.note(result.request, result.reply)
            self._on_reply(result.request, result.reply)
            if result.reply.is_lost:
                log.warning("Server took this runner for lost; it reports what runs here")
                self._jobs.release_waiting()
                self._jobs.outbox.add_return()
                self._exchanges.send_soon()

    def _on_reply(self, request: Exchange, reply: ExchangeReply) -> None:
        for outcome in reply.outcomes:
            if outcome.result not in ACCEPTED:
                log.warning("Report refused", job_id=outcome.job_id, result=outcome.result)
        self._jobs.acknowledge(request.ends, reply.outcomes)
        self._jobs.accept(reply.jobs)
        # The report of a start is refused if the job has been retried since: the new attempt is
        # not meant.
        stale = {start.job_id for start in request.starts if not self._jobs.is_running(start)}
        reported = {start.job_id for start in request.starts}
        for job_id in set(reply.kill) - stale:
            is_revoked = job_id in reported
            self._jobs.stop(job_id, StopReason.REVOKED if is_revoked else StopReason.CANCELED)
        if reply.shutdown is not None:
            reason = reply.shutdown_reason or f"the server asked it to {reply.shutdown}"
            stops_jobs = reply.shutdown is Shutdown.STOP
            if stops_jobs:
                self._shutdown.stop_code = ExitCode.TERMINATED
            self._stop(reason, self._interruption() if stops_jobs else None)
        if reply.is_canceled:
            self._is_canceled = True
            self._stop("the workflow was canceled", StopReason.CANCELED)
        elif reply.is_complete and not (reply.jobs or self._stays):
            self._is_successful = reply.is_successful
            self._stop(COMPLETE, StopReason.CANCELED)
        self._turns.note(
            has_pending=reply.has_pending_actions, is_stopping=self._shutdown.is_stopping
        )

    # ---- shutdown and progress

    def _stop(
        self, reason: str, stop_jobs: StopReason | None = None, at: float | None = None
    ) -> None:
        """Claim no more jobs; stop those that are running if there is a reason to."""
        if self._shutdown.stop(reason):
            self._log_shutdown()
            self._exchanges.send_soon()  # once, or two requests at a time follow each other
        if stop_jobs is not None:
            self._jobs.stop_all(stop_jobs, signaled_at=at)
        if stop_jobs in {StopReason.INTERRUPTED, StopReason.RUNNER_STOPS} or self._is_canceled:
            self._is_hurried = True
            self._turns.stop()

    def _abandon(self, reason: str) -> None:
        """Exit without waiting for the server."""
        if self._shutdown.abandon(reason):
            self._log_shutdown()

    def _log_shutdown(self) -> None:
        _log_end(self._shutdown.exit_reason, is_warning=self._prospects.leaves_jobs)

    def _update_shutdown(self) -> None:
        self._shutdown.update_timers(
            is_idle=self._is_idle(),
            found_no_work=self._prospects.is_out_of_work,
            is_server_failing=self._exchanges.is_failing,
            has_report=self._exchanges.has_report,
        )

    def _look_ahead(self) -> None:
        """Leave if nothing more can come, or say what an idle runner waits for."""
        if not self._jobs.is_empty:
            self._prospects.forget()
        if self._shutdown.is_stopping or not self._jobs.is_empty:
            return
        if self._options.cares:
            self._finish_care()
            return
        reason = self._prospects.hopeless(is_too_late=self._exchanges.is_too_late)
        if reason is not None and not (self._stays or self._turns.is_expected):
            self._stop(reason)
        elif (news := self._prospects.announce()) is not None:
            log.info(news[0], **news[1])

    def _finish_care(self) -> None:
        if self._jobs.are_taken:
            self._abandon("another runner has taken over")  # it replaces our node
        else:
            self._stop("the jobs of the dead runner have ended")

    def _measure_progress(self) -> Progress:
        return msgspec.structs.replace(
            self._jobs.progress,
            is_stopping=self._shutdown.is_stopping,
            is_interrupted=self._shutdown.stop_code is not None,
            is_server_failing=self._exchanges.is_failing,
            waiting_for="" if self._shutdown.is_stopping else self._prospects.waiting,
        )


def _drive(turns: Turns, waker: Waker) -> None:
    """Let a loop run, and sleep for it."""
    with suppress(StopIteration):
        delay_s = next(turns)
        while True:
            delay_s = turns.send(waker.sleep(delay_s))


def _set_deadline(timers: Timers, deadline: float, context: RunnerContext) -> None:
    """Set the timers of the end of a runner's time."""
    timers.set(Timer(TimerKind.RUNNER_TIME), deadline)
    least_s = context.workflow.compute_node_min_time_for_new_jobs_seconds
    # Just after: at the moment itself the least time is still left.
    timers.set(Timer(TimerKind.LAST_CLAIM), deadline - least_s + 0.01)


def _log_end(reason: str | None, *, is_warning: bool) -> None:
    """Log why a runner ends; a warning if it leaves jobs that no runner can take."""
    (log.warning if is_warning else log.info)("Shutting down", reason=reason)
