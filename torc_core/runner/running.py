"""The jobs that are running on this machine: watched, stopped, sampled and completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import ClaimedJob, JobEnd, Outcome
from torc_core.model.ids import JobId
from torc_core.model.result import LOST_ATTEMPTS_LIMIT
from torc_core.runner.awaited_outputs import AwaitedOutputs, Ended
from torc_core.runner.guard.messages import Exited, Started
from torc_core.runner.logs import log
from torc_core.runner.monitor.monitor import ResourceMonitor
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import (
    EXIT_LOST,
    LIMITS,
    SIGNALED_S,
    StopReason,
    classify_exit,
    combine_reasons,
    effective_reason,
    is_before_signal,
    wait_before_belief_s,
)
from torc_core.runner.policy.limits import (
    exceeded_limit,
    limit_codes,
    runtime_limit_s,
    step_end_reason,
)
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.outputs.spent import SpentOutput
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.policy.reporting import Outbox
from torc_core.runner.policy.resources.pool import ResourcePool
from torc_core.runner.policy.steps import StepTrail
from torc_core.runner.policy.summary import OverLimit
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt, Recovery, completion_of, id_of, job_ids
from torc_core.runner.process.guards import Guards
from torc_core.runner.process.launcher import Launcher
from torc_core.runner.process.start_errors import SpawnError
from torc_core.runner.recovery import FailureHandling

SHORT_GRACE_S = 2.0
"""From SIGTERM to SIGKILL for jobs that do not claim to support termination.

The reference kills these at once. They still get SIGTERM first: a trap that removes scratch
files gets its chance, and the exit code is 143 and not the 137 that looks like lack of memory.
"""

_LOST_WITH_GUARD = (
    "The process that starts jobs ended while this job was running, so this attempt is lost. If "
    "that happens again, see whether the job kills its parent process, or all processes of its "
    f"user. A job fails when it has lost {LOST_ATTEMPTS_LIMIT} attempts in one run."
)


class Tools(NamedTuple):
    """What jobs are run with; a simulator has its own."""

    clock: Clock
    timers: Timers
    launcher: Launcher
    guards: Guards
    monitor: ResourceMonitor


class RunningJobs:
    """Attempts that have a process.

    Args:
        context: Where they run.
        options: How.
        tools: What they are run with.
        pool: Where their resources are released.
        outbox: Where their completions go.
    """

    def __init__(
        self,
        context: RunnerContext,
        options: RunnerOptions,
        tools: Tools,
        pool: ResourcePool,
        outbox: Outbox,
    ) -> None:
        self.outcomes: Counter[str] = Counter()
        """How many attempts were completed, by status; "retried" counts those to be retried."""
        self.trail = StepTrail()
        self.over_limit: dict[JobId, OverLimit] = {}
        """The jobs whose last attempt here was stopped at a limit."""
        self._failures = FailureHandling(
            tools.launcher, tools.clock, use_pending_failed=context.workflow.use_pending_failed
        )
        self._options = options
        self._limit_codes = limit_codes(context.execution)
        self._tools = tools
        self._pool = pool
        self._outbox = outbox
        self.spent_output = SpentOutput(context.execution, tools.launcher.delete_stdio)
        self._signaled_at: float | None = None
        self._attempts: dict[JobId, Attempt] = {}
        """By job id."""
        self._reported: dict[tuple[JobId, int], Attempt] = {}
        """By job id and token: those whose completion the server has not acknowledged."""
        self._awaited = AwaitedOutputs(
            tools.clock, tools.timers, tools.launcher.find_outputs, self._end
        )

    def __len__(self) -> int:
        return len(self._attempts) + len(self._awaited)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._attempts or job_id in self._awaited

    @property
    def attempts(self) -> Iterable[Attempt]:
        """Those that have a process, or are being started."""
        return self._attempts.values()

    def has(self, job_id: JobId, token: int) -> bool:
        """Return whether this attempt is running."""
        attempt = self._attempts.get(job_id) or self._awaited.attempt_of(job_id)
        return attempt is not None and attempt.token == token

    def add(self, attempt: Attempt) -> None:
        """Add an attempt that is being started, or was adopted."""
        self._attempts[attempt.job_id] = attempt
        if attempt.was_queued:
            return  # its time begins with its start
        recovery = attempt.recovery
        self._limit(attempt, attempt.started if recovery is None else recovery.started)
        self._tools.monitor.schedule(attempt)

    def note_start(self, attempt: Attempt, started: Started) -> None:
        """Count an attempt's time from when its process has started, not from when it was to."""
        attempt.pid = started.pid
        if attempt.stop is None:
            self._limit(attempt, started.at)
        if attempt.recovery is None:
            log.info("Job started", pid=started.pid, **job_ids(attempt.claimed))
            attempt.started, attempt.started_ms = started.at, started.at_ms
            self.trail.start(attempt.job_id, attempt.claimed.job.name, started.at_ms)
            self._outbox.add_start(attempt.job_id, attempt.token, started.at_ms)
            self._tools.monitor.schedule(attempt)

    def remove(self, attempt: Attempt) -> None:
        """Remove an attempt that has no process left and is not complete."""
        self._forget_timers(attempt)
        self.trail.forget(attempt.job_id)
        del self._attempts[attempt.job_id]
        self._pool.release(attempt.job_id)

    def note_exit(self, attempt: Attempt, exited: Exited) -> None:
        """Handle the exit of an attempt's process, unless the runner may be about to stop."""
        if attempt.is_step and attempt.recovery is None:
            limit = self._tools.launcher.end_step(attempt, exited)
            if limit is not None:
                ran_s = exited.at - attempt.started
                reason = step_end_reason(attempt.claimed, limit, ran_s)
                attempt.stop = combine_reasons(attempt.stop, reason)
                self.handle_exit(attempt, exited)
                return
        by_itself = exited.by_itself and is_before_signal(exited.at, self._signaled_at)
        attempt.stop = effective_reason(attempt.stop, exited.exit_code, by_itself=by_itself)
        wait_s = _wait_s(self._options, attempt, exited)
        if attempt.stop is not None or not wait_s:
            self.handle_exit(attempt, exited)
            return
        self._forget_timers(attempt)
        attempt.signaled = exited
        expiry = self._tools.clock.monotonic() + wait_s
        self._tools.timers.set(Timer(TimerKind.SIGNALED, attempt.job_id), expiry)

    def settle_signaled(self, job_id: JobId) -> None:
        """Handle the exit of a job that may have been ended together with the runner."""
        attempt = self._attempts.get(job_id)
        if attempt is not None and attempt.signaled is not None:
            self.handle_exit(attempt, attempt.signaled)

    def handle_exit(self, attempt: Attempt, exited: Exited) -> None:
        """Complete an attempt whose process has exited, or run its recovery script."""
        self._forget_timers(attempt)
        del self._attempts[attempt.job_id]
        attempt.signaled = None  # its recovery script may run next
        if exited.survivors:
            log.error(
                "Processes cannot be killed", left=exited.survivors, **job_ids(attempt.claimed)
            )
        is_job = attempt.recovery is None
        log.info(
            "Job process completed" if is_job else "Recovery script completed",
            return_code=exited.exit_code,
            run_time_s=round(exited.at - attempt.started, 3),
            **job_ids(attempt.claimed),
        )
        if attempt.recovery is not None:
            self._complete(
                attempt, self._failures.finish(attempt, attempt.recovery, exited.exit_code)
            )
            return
        self._awaited.add(Ended(attempt, exited))

    def lose(self, attempt: Attempt) -> None:
        """Release an attempt whose process is lost, or complete it if it was to be stopped."""
        now = self._tools.clock.monotonic()
        now_ms = self._tools.clock.wall_ms()
        lost = Exited(id=0, exit_code=EXIT_LOST, cpu_s=0.0, at=now, at_ms=now_ms)
        if attempt.stop is not None or attempt.recovery is not None:
            self.handle_exit(attempt, lost)
            return
        log.error("Job is lost with its guard", **job_ids(attempt.claimed))
        self._write_stderr(attempt, _LOST_WITH_GUARD)
        self.remove(attempt)
        # It may have started: only then it is recorded, and does not run under the same number.
        self._outbox.add_start(attempt.job_id, attempt.token, attempt.started_ms)
        self._outbox.add_release(attempt.job_id, attempt.token, is_lost=True)

    def fail_recovery(self, attempt: Attempt, recovery: Recovery, error: SpawnError) -> None:
        """Complete an attempt whose recovery script cannot be started."""
        del self._attempts[attempt.job_id]
        self._complete(attempt, self._failures.fail(attempt, recovery, error))

    def acknowledge(self, ends: Sequence[JobEnd], outcomes: Sequence[Outcome]) -> None:
        """Note what the server made of completions: nothing need be kept of these attempts."""
        self.spent_output.acknowledge(ends, outcomes)
        found = [self._reported.pop((end.job_id, end.token), None) for end in ends]
        self._tools.guards.forget(attempt for attempt in found if attempt is not None)

    def look_again(self, job_id: JobId) -> None:
        """Look again for the output files of a job that has ended."""
        self._awaited.look_again(job_id)

    def stop(self, job_id: JobId, reason: StopReason) -> bool:
        """End all processes of a job: SIGTERM, and SIGKILL after its grace period.

        Returns:
            Whether it is running.
        """
        if (ended := self._awaited.attempt_of(job_id)) is not None:
            if reason in {StopReason.CANCELED, StopReason.REVOKED}:
                ended.stop = reason
            self._awaited.hurry(job_id)
            return True
        attempt = self._attempts.get(job_id)
        if attempt is None:
            return False
        if reason is StopReason.OUT_OF_TIME and (left_s := _left_s(self._tools, attempt)) > 0:
            expiry = self._tools.clock.monotonic() + left_s
            self._tools.timers.set(Timer(TimerKind.JOB_RUNTIME, job_id), expiry)
            return True
        is_new = attempt.stop is None
        attempt.stop = combine_reasons(attempt.stop, reason)
        if is_new:
            if attempt.pid is not None or not attempt.was_queued:
                log.info("Job is being stopped", reason=reason.value, **job_ids(attempt.claimed))
            grace_s = self._options.grace_s
            if not attempt.claimed.job.supports_termination:
                grace_s = min(SHORT_GRACE_S, grace_s)
            self._tools.guards.end(attempt, grace_s)
        self.settle_signaled(job_id)
        return True

    def stop_all(self, reason: StopReason, signaled_at: float | None = None) -> None:
        """Stop every job."""
        if self._signaled_at is None:
            self._signaled_at = signaled_at
        for job_id in [*self._attempts, *self._awaited]:
            self.stop(job_id, reason)

    def kill_all(self, reason: StopReason) -> None:
        """Kill the processes of all jobs."""
        for attempt in self._attempts.values():
            attempt.stop = combine_reasons(attempt.stop, reason)
            self._tools.guards.end(attempt, 0.0)

    def sample(self) -> None:
        """Sample the jobs; kill those that exceed their memory.

        They get no grace: with it they would take more and more of what others were promised.
        """
        for attempt in self._tools.monitor.sample(self._attempts.values()):
            self.stop(attempt.job_id, StopReason.OUT_OF_MEMORY)
            self._tools.guards.end(attempt, 0.0)

    def report(self, claimed: ClaimedJob, completion: JobEnd) -> None:
        """Count a completion and put it into the outbox."""
        is_retried = completion.retry and not completion.interrupted
        outcome = "retried" if is_retried else completion.status.value
        log.info(
            "Job completed",
            status=completion.status,
            return_code=completion.return_code,
            retry=is_retried or None,
            **job_ids(claimed),
        )
        self.outcomes[outcome] += 1
        status = "pending" if is_retried else completion.status.value
        self.trail.end(id_of(claimed), claimed.job.name, status, self._tools.clock.wall_ms())
        self._outbox.add_completion(completion)

    def _forget_timers(self, attempt: Attempt) -> None:
        for kind in (TimerKind.JOB_RUNTIME, TimerKind.SIGNALED):
            self._tools.timers.clear(Timer(kind, attempt.job_id))

    def _end(self, ended: Ended, found: FoundOutputs) -> None:
        """Complete an attempt whose output files were looked for, or run its recovery script."""
        attempt, exited = ended
        outcome = classify_exit(exited.exit_code, attempt.stop, found.faults, self._limit_codes)
        if attempt.stop in LIMITS:
            self._write_stderr(attempt, f"The job was stopped: {attempt.stop.value}.")
        for text in found.faults:
            log.warning("Output file was not written", error=text, **job_ids(attempt.claimed))
            self._write_stderr(attempt, text)
        completion = completion_of(attempt, exited, outcome, found.times)
        decided = (
            self._failures.decide(attempt, completion) if outcome.follows_rules else completion
        )
        if decided is not None:
            self._complete(attempt, decided)
        else:
            self._attempts[attempt.job_id] = attempt
            self._limit(attempt, self._tools.clock.monotonic())

    def _limit(self, attempt: Attempt, started: float) -> None:
        """Set the timer of an attempt's process that started then, if its time is limited."""
        claimed = attempt.claimed
        is_limited = self._options.limit_resources or attempt.is_step
        limit_s = runtime_limit_s(claimed) if is_limited else None
        if limit_s is not None:
            self._tools.timers.set(Timer(TimerKind.JOB_RUNTIME, attempt.job_id), started + limit_s)

    def _complete(self, attempt: Attempt, completion: JobEnd) -> None:
        self._pool.release(attempt.job_id)
        self._reported[completion.job_id, completion.token] = attempt
        self.spent_output.add(attempt.claimed, completion)
        self.over_limit.pop(attempt.job_id, None)
        if attempt.stop is not None and not completion.retry:
            limit = exceeded_limit(attempt.claimed, attempt.stop)
            if limit is not None:
                self.over_limit[attempt.job_id] = limit
        self.report(attempt.claimed, completion)

    def _write_stderr(self, attempt: Attempt, text: str) -> None:
        self._tools.launcher.write_stderr(attempt.claimed, text)


def _left_s(tools: Tools, attempt: Attempt) -> float:
    """Return what is left of the runtime of a job whose step Slurm has started later."""
    limit_s = runtime_limit_s(attempt.claimed)
    if limit_s is None or not attempt.is_step or attempt.recovery is not None:
        return 0.0
    began_at = tools.launcher.step_began_at(attempt)
    return limit_s if began_at is None else began_at + limit_s - tools.clock.wall_ms() / 1000


def _wait_s(options: RunnerOptions, attempt: Attempt, exited: Exited) -> float:
    # What runs for so long has no job queued behind it that goes on at once.
    is_long = exited.at - attempt.started >= SIGNALED_S
    return wait_before_belief_s(
        exited.exit_code,
        is_taken_away=options.compute_node_type is not SchedulerType.LOCAL,
        saves_state=is_long and attempt.claimed.job.supports_termination,
    )
