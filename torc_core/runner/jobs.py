"""The jobs in a runner's hands: those that wait for a slot, and those whose processes run.

It starts, watches and ends processes and writes down what to tell the server. It knows neither
the server nor the loop.
"""

from __future__ import annotations

import logging
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection

import msgspec

from torc_core.errors import MachineError
from torc_core.model.exchange import ClaimedJob, JobEnd, JobRelease, JobStart
from torc_core.model.status import JobStatus
from torc_core.runner.monitor.monitor import ResourceMonitor
from torc_core.runner.policy.context import RunnerContext, gpu_names
from torc_core.runner.policy.exit_outcome import (
    LIMITS,
    StopReason,
    choose_rule,
    classify_exit,
    failed_status,
    may_retry,
)
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import Prefetcher
from torc_core.runner.policy.resource_pool import ResourcePool, Resources, requirements_of
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import (
    Attempt,
    end_without_start,
    has_limits,
    id_of,
    look_at_outputs,
    make_end,
    start_attempt,
    start_recovery,
    stdio_of,
    write_stderr,
)
from torc_core.runner.process.child import Fault, reap, send_signal
from torc_core.runner.reporting import Outbox

log = logging.getLogger("torc.runner")

SHORT_GRACE_S = 2.0
"""From SIGTERM to SIGKILL for jobs that do not claim to support termination.

The reference kills these at once. They are asked first all the same: a trap that removes scratch
files gets its chance, and the return code is 143 and not the 137 that looks like lack of memory.
"""


class Jobs:
    """Claimed jobs, waiting and running.

    Args:
        station: Where they run.
        options: How.
        deadlines: Where kills and limits are entered.
        meter: Looks at running jobs.
        watch: Registers a descriptor that becomes readable when a process ends.
    """

    def __init__(
        self,
        station: RunnerContext,
        options: RunnerOptions,
        deadlines: Timers,
        meter: ResourceMonitor,
        watch: Callable[[int, int], None],
    ) -> None:
        self.outbox = Outbox()
        self.pace = Prefetcher()
        self.last_end = 0.0
        """When a process ended last, monotonic."""
        self.waiting: list[ClaimedJob] = []
        self.ended: Counter[str] = Counter()
        self.trouble: MachineError | None = None
        """Why no job can be started on this machine any more."""
        self._station = station
        self._options = options
        gpus = gpu_names(station.machine, station.total.num_gpus)
        self._pool = ResourcePool(station.total, gpus=gpus, max_jobs=options.max_parallel_jobs)
        self._deadlines = deadlines
        self._watch = watch
        self._meter = meter
        self._running: dict[int, Attempt] = {}
        """By job id."""
        self._job_of: dict[int, int] = {}
        """From the descriptor of a process to its job's id."""

    @property
    def running(self) -> int:
        """How many jobs have a process."""
        return len(self._running)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a waiting nor a running job."""
        return not self._running and not self.waiting

    def has(self, start: JobStart) -> bool:
        """Return whether the attempt that was started so still runs."""
        attempt = self._running.get(start.job_id)
        return attempt is not None and attempt.claimed.token == start.token

    def unspoken_for(self) -> tuple[Resources, int]:
        """Return what is free beyond the needs of waiting jobs, and how many jobs may start."""
        free = self._pool.free
        for claimed in self.waiting:
            free -= requirements_of(claimed)
        if self._pool.max_jobs is not None:
            return free, self._pool.free_jobs - len(self.waiting)
        return free, free.num_cpus

    def accept(self, jobs: Collection[ClaimedJob]) -> None:
        """Take jobs in; an earlier attempt of one of them that still runs here has lost it."""
        self.waiting += jobs
        for claimed in jobs:
            if id_of(claimed) in self._running:
                self.stop(id_of(claimed), StopReason.CANCELED)

    def start_waiting(self) -> None:
        """Start every waiting job that fits now, in the order of their coming."""
        left = []
        for index, claimed in enumerate(self.waiting):
            if not self._pool.free_jobs:
                left += self.waiting[index:]
                break
            amount = requirements_of(claimed)
            # An earlier attempt that was given up elsewhere may still be on its way out here.
            if id_of(claimed) in self._running or not self._pool.fits(amount):
                left.append(claimed)
            elif not self._start(claimed, amount):
                left += self.waiting[index:]
                break
        self.waiting = left

    def process_ended(self, fd: int) -> None:
        """Take the end of the process whose descriptor is readable."""
        now = time.monotonic()
        attempt = self._running[self._job_of.pop(fd)]
        self._deadlines.clear(Timer(TimerKind.KILL, attempt.job_id))
        self._deadlines.clear(Timer(TimerKind.OUT_OF_TIME, attempt.job_id))
        ended = reap(attempt.child, kill_rest=attempt.stop is not None)
        if attempt.end is not None:
            self._recovery_ended(attempt, attempt.end, ended.return_code)
            return
        self.pace.note(now - attempt.started)
        self.last_end = now
        outputs = attempt.claimed.output_files if ended.return_code == 0 else []
        times, missing = look_at_outputs(outputs)
        verdict = classify_exit(ended.return_code, attempt.stop, missing)
        if attempt.stop in {StopReason.OUT_OF_MEMORY, StopReason.OUT_OF_TIME}:
            write_stderr(attempt.stdio, f"The job was ended: {attempt.stop.value}.")
        for path in missing:
            write_stderr(attempt.stdio, f"The job ended with 0 but did not write its file {path}.")
        end = make_end(attempt, ended, verdict, times, now)
        if verdict.follows_rules:
            self._follow_rules(attempt, end)
        else:
            self._finish(attempt, end)

    def stop(self, job_id: int, reason: StopReason) -> None:
        """Ask a job to leave, and see to it that it does."""
        attempt = self._running.get(job_id)
        if attempt is None:
            # Somebody cancelled it before it started; the server knows.
            self.waiting = [claimed for claimed in self.waiting if claimed.job.id != job_id]
        elif attempt.stop in LIMITS and reason not in LIMITS:
            # It is past its limit all the same; only no failure rule lets it start again.
            attempt.stop = StopReason.RUNNER_ENDS
        elif attempt.stop is None:
            log.info("job %s is ended: %s", job_id, reason.value)
            attempt.stop = reason
            grace_s = self._options.grace_s
            if not attempt.claimed.job.supports_termination:
                grace_s = min(SHORT_GRACE_S, grace_s)
            self._deadlines.set(Timer(TimerKind.KILL, job_id), time.monotonic() + grace_s)
            send_signal(attempt.child, signal.SIGTERM)
            # A stopped process does not even see the signal.
            send_signal(attempt.child, signal.SIGCONT)

    def stop_all(self, reason: StopReason) -> None:
        """Give back what waits and ask every running job to leave."""
        self.release_waiting()
        for job_id in list(self._running):
            self.stop(job_id, reason)

    def release_waiting(self) -> None:
        """Give back every job that did not start."""
        self.outbox.releases += [
            JobRelease(job_id=id_of(claimed), token=claimed.token) for claimed in self.waiting
        ]
        self.waiting = []

    def kill(self, job_id: int) -> None:
        """End a job's processes at once."""
        attempt = self._running.get(job_id)
        if attempt is not None:
            send_signal(attempt.child, signal.SIGKILL)

    def kill_all(self) -> None:
        """End the processes of all jobs at once."""
        for job_id in self._running:
            self.kill(job_id)

    def sample(self) -> None:
        """Look at running jobs, and end those that exceed their memory if that is wanted."""
        for attempt in self._meter.look(self._running.values()):
            if self._options.limit_resources:
                self.stop(attempt.job_id, StopReason.OUT_OF_MEMORY)

    def _start(self, claimed: ClaimedJob, amount: Resources) -> bool:
        """Start a job that fits, and return whether it is settled: started, or failed for good."""
        job_id = id_of(claimed)
        gpus = self._pool.allocate(job_id, amount)
        try:
            attempt = start_attempt(self._station, claimed, gpus)
        except MachineError as error:
            self._pool.release(job_id)
            fault = error.details["fault"]
            if fault is Fault.COMMAND:
                self._not_started(claimed, error)
                return True
            log.warning("job %s has to wait: %s %s", job_id, error.message, error.hint)
            if fault is Fault.MACHINE or not self._running:
                # Every other job would fail as well, through no fault of its own.
                self.trouble = error
            return False  # tried again as soon as something happens
        self._enter(attempt)
        if self._options.limit_resources and has_limits(claimed):
            due = Timer(TimerKind.OUT_OF_TIME, job_id)
            self._deadlines.set(due, attempt.started + claimed.runtime_seconds)
        self.outbox.starts[job_id] = (claimed.token, attempt.started_ms)
        self._meter.plan(0.0)
        return True

    def _enter(self, attempt: Attempt) -> None:
        self._running[attempt.job_id] = attempt
        self._job_of[attempt.child.fd] = attempt.job_id
        self._watch(attempt.child.fd, select.EPOLLIN)

    def _not_started(self, claimed: ClaimedJob, error: MachineError) -> None:
        log.error("job %s: %s %s", claimed.job.id, error.message, error.hint)
        write_stderr(stdio_of(self._station, claimed), f"{error.message} {error.hint}")
        self._report(end_without_start(claimed))

    def _follow_rules(self, attempt: Attempt, end: JobEnd) -> None:
        """Do what the failure handler says: recover, retry, or fail."""
        claimed = attempt.claimed
        rule = choose_rule(claimed.failure_rules, end.return_code)
        if rule is None or not may_retry(rule, claimed.job.attempt_id):
            if end.status is JobStatus.FAILED:
                asks = self._station.workflow.use_pending_failed
                status = failed_status(rule, use_pending_failed=asks)
                end = msgspec.structs.replace(end, status=status)
            self._finish(attempt, end)
        elif rule.recovery_script is None:
            self._finish(attempt, msgspec.structs.replace(end, retry=True))
        else:
            self._recover(attempt, end, rule.recovery_script)

    def _recover(self, attempt: Attempt, end: JobEnd, script: str) -> None:
        """Run the recovery script before the job is reported: nobody may claim it meanwhile."""
        log.info("job %s: recovery script after return code %s", end.job_id, end.return_code)
        try:
            child = start_recovery(self._station, attempt, script, end.return_code)
        except MachineError as error:
            log.error("job %s: %s", end.job_id, error.message)  # noqa: TRY400 - not our bug
            self._finish(attempt, end)
            return
        attempt.end, attempt.child, attempt.stop = end, child, None
        self._enter(attempt)

    def _recovery_ended(self, attempt: Attempt, end: JobEnd, return_code: int) -> None:
        """Retry when the script says so; anything but 0 means that there is no point."""
        retry = return_code == 0 and attempt.stop is None
        if not retry:
            text = f"The recovery script ended with {return_code}: the job is not repeated."
            log.warning("job %s: %s", end.job_id, text)
            write_stderr(attempt.stdio, text)
        self._finish(attempt, msgspec.structs.replace(end, retry=retry))

    def _finish(self, attempt: Attempt, end: JobEnd) -> None:
        del self._running[attempt.job_id]
        self._pool.release(attempt.job_id)
        self._report(end)

    def _report(self, end: JobEnd) -> None:
        outcome = "retried" if end.retry else end.status.value
        level = logging.DEBUG if end.status is JobStatus.COMPLETED else logging.INFO
        log.log(level, "job %s: %s, return code %s", end.job_id, outcome, end.return_code)
        self.ended[outcome] += 1
        self.outbox.add_end(end)
