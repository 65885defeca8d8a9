"""The jobs that are running on this machine: watched, stopped, sampled and completed."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.model.exchange import ClaimedJob, JobEnd
from torc_core.model.ids import JobId
from torc_core.runner.awaited_outputs import AwaitedOutputs, Ended
from torc_core.runner.logs import log
from torc_core.runner.monitor.monitor import ResourceMonitor
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import (
    LIMITS,
    StopReason,
    classify_exit,
    combine_reasons,
)
from torc_core.runner.policy.limits import limit_codes, runtime_limit_s
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.outputs.spent import SpentOutput
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.policy.reporting import Outbox
from torc_core.runner.policy.resources.pool import ResourcePool
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt, completion_of, job_ids
from torc_core.runner.process.launcher import Launcher
from torc_core.runner.recovery import FailureHandling

SHORT_GRACE_S = 2.0
"""From SIGTERM to SIGKILL for jobs that do not claim to support termination.

The reference kills these at once. They get SIGTERM first all the same: a trap that removes scratch
files gets its chance, and the exit code is 143 and not the 137 that looks like lack of memory.
"""


class Tools(NamedTuple):
    """What jobs are run with; a simulator has its own."""

    clock: Clock
    timers: Timers
    launcher: Launcher
    monitor: ResourceMonitor
    watch: Callable[[int], None]
    """Wakes the loop when the descriptor of a process becomes readable."""


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
        self._failures = FailureHandling(
            tools.launcher, tools.clock, use_pending_failed=context.workflow.use_pending_failed
        )
        self._options = options
        self._limit_codes = limit_codes(context.execution)
        self._tools = tools
        self._pool = pool
        self._outbox = outbox
        self.spent_output = SpentOutput(context.execution, tools.launcher.delete_stdio)
        self._attempts: dict[JobId, Attempt] = {}
        """By job id."""
        self._job_ids: dict[int, JobId] = {}
        """By the descriptor of a process."""
        self._awaited = AwaitedOutputs(
            tools.clock, tools.timers, tools.launcher.find_outputs, self._end
        )

    def __len__(self) -> int:
        return len(self._attempts) + len(self._awaited)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._attempts or job_id in self._awaited

    def has(self, job_id: JobId, token: int) -> bool:
        """Return whether this attempt is running."""
        attempt = self._attempts.get(job_id) or self._awaited.attempt_of(job_id)
        return attempt is not None and attempt.token == token

    def add(self, attempt: Attempt) -> None:
        """Add an attempt that was just started."""
        self._watch(attempt)
        self._limit(attempt, attempt.started)
        self._tools.monitor.schedule(attempt)

    def handle_exit(self, fd: int) -> float | None:
        """Complete the attempt whose process has exited.

        Returns:
            The job's run time in seconds; None if the process was a recovery script.
        """
        now = self._tools.clock.monotonic()
        attempt = self._attempts.pop(self._job_ids.pop(fd))
        self._tools.timers.clear(Timer(TimerKind.KILL, attempt.job_id))
        self._tools.timers.clear(Timer(TimerKind.JOB_RUNTIME, attempt.job_id))
        process = self._tools.launcher.reap(attempt)
        is_job = attempt.recovery is None
        log.info(
            "Job process completed" if is_job else "Recovery script completed",
            return_code=process.exit_code,
            run_time_s=round(now - attempt.started, 3),
            **job_ids(attempt.claimed),
        )
        if attempt.recovery is not None:
            self._complete(
                attempt, self._failures.finish(attempt, attempt.recovery, process.exit_code)
            )
            return None
        self._awaited.add(Ended(attempt, process, now))
        return now - attempt.started

    def look_again(self, job_id: JobId) -> None:
        """Look again for the output files of a job that has ended."""
        self._awaited.look_again(job_id)

    def stop(self, job_id: JobId, reason: StopReason) -> bool:
        """Send SIGTERM to a job, and SIGKILL after its grace period.

        Returns:
            Whether it is running.
        """
        if (ended := self._awaited.attempt_of(job_id)) is not None:
            if reason is StopReason.CANCELED:
                ended.stop = reason
            self._awaited.hurry(job_id)
            return True
        attempt = self._attempts.get(job_id)
        if attempt is None:
            return False
        is_new = attempt.stop is None
        attempt.stop = combine_reasons(attempt.stop, reason)
        if is_new:
            log.info("Job is being stopped", reason=reason.value, **job_ids(attempt.claimed))
            grace_s = self._options.grace_s
            if not attempt.claimed.job.supports_termination:
                grace_s = min(SHORT_GRACE_S, grace_s)
            now = self._tools.clock.monotonic()
            self._tools.timers.set(Timer(TimerKind.KILL, job_id), now + grace_s)
            self._tools.launcher.signal(attempt, signal.SIGTERM)
            # A process that is suspended does not receive the signal before it continues.
            self._tools.launcher.signal(attempt, signal.SIGCONT)
        return True

    def stop_all(self, reason: StopReason) -> None:
        """Stop every job."""
        for job_id in [*self._attempts, *self._awaited]:
            self.stop(job_id, reason)

    def kill(self, job_id: JobId) -> None:
        """Kill the processes of a job, if it is running."""
        attempt = self._attempts.get(job_id)
        if attempt is not None:
            self._tools.launcher.signal(attempt, signal.SIGKILL)

    def kill_all(self) -> None:
        """Kill the processes of all jobs."""
        for job_id in self._attempts:
            self.kill(job_id)

    def sample(self) -> None:
        """Sample the jobs; kill those that exceed their memory.

        They get no grace: with it they would take more and more of what others were promised.
        """
        for attempt in self._tools.monitor.sample(self._attempts.values()):
            self.stop(attempt.job_id, StopReason.OUT_OF_MEMORY)
            self.kill(attempt.job_id)

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
        self._outbox.add_completion(completion)

    def _watch(self, attempt: Attempt) -> None:
        self._attempts[attempt.job_id] = attempt
        self._job_ids[attempt.child.fd] = attempt.job_id
        self._tools.watch(attempt.child.fd)

    def _end(self, ended: Ended, found: FoundOutputs) -> None:
        """Complete an attempt whose output files were looked for, or run its recovery script."""
        attempt, process, at = ended
        outcome = classify_exit(process.exit_code, attempt.stop, found.faults, self._limit_codes)
        if attempt.stop in LIMITS:
            self._write_stderr(attempt, f"The job was stopped: {attempt.stop.value}.")
        for text in found.faults:
            log.warning("Output file was not written", error=text, **job_ids(attempt.claimed))
            self._write_stderr(attempt, text)
        completion = completion_of(attempt, process, outcome, found.times, at)
        decided = (
            self._failures.decide(attempt, completion) if outcome.follows_rules else completion
        )
        if decided is not None:
            self._complete(attempt, decided)
        else:
            self._watch(attempt)
            self._limit(attempt, self._tools.clock.monotonic())

    def _limit(self, attempt: Attempt, started: float) -> None:
        """Set the timer of an attempt's process that started then, if its time is limited."""
        claimed = attempt.claimed
        limit_s = runtime_limit_s(claimed) if self._options.limit_resources else None
        if limit_s is not None:
            self._tools.timers.set(Timer(TimerKind.JOB_RUNTIME, attempt.job_id), started + limit_s)

    def _complete(self, attempt: Attempt, completion: JobEnd) -> None:
        self._pool.release(attempt.job_id)
        self.spent_output.add(attempt.claimed, completion)
        self.report(attempt.claimed, completion)

    def _write_stderr(self, attempt: Attempt, text: str) -> None:
        self._tools.launcher.write_stderr(attempt.claimed, text)
