"""The jobs that a runner holds: those that wait for a slot, and those that are running.

It knows neither the server nor the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from torc_core.errors import MachineError
from torc_core.model.exchange import ClaimedJob, JobEnd, JobStart, Outcome, WorkRequest
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.resources import Resources
from torc_core.runner.guard.messages import Exited, Refused, Skipped, Started
from torc_core.runner.logs import log
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import HOLD_S, Prefetcher, build_work_request, is_too_late
from torc_core.runner.policy.reporting import Outbox
from torc_core.runner.policy.resources.pool import Devices, ResourcePool, requirements_of
from torc_core.runner.policy.summary import OverLimit, Progress
from torc_core.runner.policy.timers import Timer, TimerKind
from torc_core.runner.process.adoption import Adopted
from torc_core.runner.process.attempt import (
    Attempt,
    Lost,
    ProcessEvent,
    Taken,
    completion_without_start,
    id_of,
    job_ids,
)
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure, spawn_error
from torc_core.runner.queued_jobs import QueuedJobs
from torc_core.runner.running import RunningJobs, Tools

_RELEASE = Timer(TimerKind.RELEASE_PREFETCHED)


class Jobs:
    """Claimed jobs, waiting and running.

    Args:
        context: Where they run.
        options: How.
        tools: What they are run with.
    """

    def __init__(self, context: RunnerContext, options: RunnerOptions, tools: Tools) -> None:
        self.outbox = Outbox()
        """What there is to report of them."""
        self.prefetcher = Prefetcher()
        self.waiting: list[ClaimedJob] = []
        self.error: MachineError | None = None
        """Why no job can be started on this machine any more."""
        self.are_taken = False
        """Another runner has taken over jobs of this one."""
        self.tools = tools
        self._context = context
        self._options = options
        self._last_exit = 0.0
        """When a job's process exited last, on the monotonic clock."""
        self._pool = ResourcePool(
            context.total,
            gpus=context.gpus,
            cpus=context.cpus,
            max_jobs=options.max_parallel_jobs,
        )
        self._running = RunningJobs(context, options, tools, self._pool, self.outbox)
        self.over_limit: Mapping[JobId, OverLimit] = self._running.over_limit
        """The jobs whose last attempt here was stopped at a limit."""
        self.outcomes: Mapping[str, int] = self._running.outcomes
        """How many attempts were completed, by status; "retried" counts those to be retried."""
        self.trail = self._running.trail
        """What is known of jobs by name."""
        self._queued = QueuedJobs(tools, self._pool, self._running, self.outbox)
        self._refused: set[tuple[JobId, int]] = set()
        """Job id and token of attempts that a guard could not start."""

    @property
    def running(self) -> int:
        """How many jobs have a process."""
        return len(self._running) - len(self._queued)

    @property
    def unstarted(self) -> int:
        """How many jobs wait, here or at the guard."""
        return len(self.waiting) + len(self._queued)

    @property
    def is_empty(self) -> bool:
        """Whether no job is waiting or running."""
        return not self._running and not self.waiting

    @property
    def progress(self) -> Progress:
        """How far the jobs are."""
        return Progress(
            running=self.running,
            waiting=self.unstarted,
            outcomes=dict(self.outcomes),
            changes=self.trail.changes,
            trail=self.trail,
        )

    def is_running(self, start: JobStart) -> bool:
        """Return whether this attempt, by job id and token, is still running here."""
        return self._running.has(start.job_id, start.token)

    def is_too_late(self, remaining_s: float | None) -> bool:
        """Return whether no further job is claimed in what is left of the runner's time."""
        return is_too_late(self._options, self._context.workflow, remaining_s)

    def build_work_request(self, remaining_s: float | None) -> WorkRequest | None:
        """Return what could be claimed now; None when nothing fits.

        Args:
            remaining_s: Seconds until the runner shuts down; None for no limit.
        """
        if self._options.cares:
            return None
        unstarted = [*self._queued.claimed, *self.waiting]
        free, free_slots = self._pool.available(map(requirements_of, unstarted))
        slots = self._options.max_parallel_jobs or self._context.total.num_cpus
        return build_work_request(
            free,
            free_slots,
            self._context,
            self._options,
            remaining_s=remaining_s,
            prefetch=self.prefetcher.prefetch_count(slots) - self.unstarted,
        )

    def accept(self, jobs: Collection[ClaimedJob]) -> None:
        """Take claimed jobs; an earlier attempt of one that is still running here is stopped."""
        self.waiting += jobs
        for claimed in jobs:
            self._running.stop(id_of(claimed), StopReason.CANCELED)

    def start_waiting(self) -> None:
        """Start every waiting job that fits, in the order in which they were claimed."""
        rest = []
        for index, claimed in enumerate(self.waiting):
            if not self._pool.free_jobs:
                rest += self.waiting[index:]
                break
            amount = requirements_of(claimed)
            # An earlier attempt, revoked by the server, may not have exited yet.
            if id_of(claimed) in self._running or not self._pool.fits(amount):
                rest.append(claimed)
            elif not self._start(claimed, amount):
                rest += self.waiting[index:]
                break
        self.waiting = self._queued.add(rest, self.prefetcher.queue_depth)
        if not self.waiting and self._pool.free_jobs and self._queued.has_fitting():
            self._queued.withdraw()
        if self.unstarted:
            self.tools.timers.set_earlier(_RELEASE, self.tools.clock.monotonic() + HOLD_S)

    def handle_events(self, fd: int) -> None:
        """Handle what has happened to processes, given the descriptor of their guard."""
        for attempt, event in self.tools.guards.receive(fd):
            self._queued.inherit(attempt)
            self._handle(attempt, event)
            self._queued.forget(attempt)
            if isinstance(event, Exited):
                self._queued.leave(attempt)

    def adopt(self, adopted: Sequence[Adopted], nodes: Sequence[ComputeNodeId]) -> None:
        """Take over the attempts of dead runners: they keep what they hold, and go on.

        Args:
            adopted: The attempts.
            nodes: The compute nodes of these runners.
        """
        self.outbox.add_replaced(nodes)
        for attempt, exited, is_lost in adopted:
            self._pool.hold(
                attempt.job_id,
                requirements_of(attempt.claimed),
                Devices(attempt.gpus, attempt.cpus),
            )
            self._running.add(attempt)
            self.trail.start(attempt.job_id, attempt.claimed.job.name, attempt.started_ms)
            if is_lost:
                self._handle(attempt, Lost())
                continue
            log.info("Job adopted", pid=attempt.pid, **job_ids(attempt.claimed))
            self.outbox.add_start(attempt.job_id, attempt.token, attempt.started_ms)
            if exited is not None:
                self._handle(attempt, exited)

    def settle_signaled(self, job_id: JobId) -> None:
        """Complete a job that was ended by a signal, and not together with the runner."""
        self._running.settle_signaled(job_id)

    def look_again(self, job_id: JobId) -> None:
        """Look again for the output files of a job that has ended."""
        self._running.look_again(job_id)

    def acknowledge(self, ends: Sequence[JobEnd], outcomes: Sequence[Outcome]) -> None:
        """Note what the server made of reported completions."""
        self._running.acknowledge(ends, outcomes)

    def stop(self, job_id: JobId, reason: StopReason) -> None:
        """Stop a job that is running, and forget one that waits: the server knows."""
        if not self._running.stop(job_id, reason):
            self.waiting = [claimed for claimed in self.waiting if claimed.job.id != job_id]

    def stop_all(self, reason: StopReason, signaled_at: float | None = None) -> None:
        """Release the waiting jobs and stop the running ones.

        Args:
            reason: Why.
            signaled_at: When a signal came that they may have received as well.
        """
        self.release_waiting()
        self._running.stop_all(reason, signaled_at)

    def release_waiting(self) -> None:
        """Release every job that was not started."""
        for claimed in self.waiting:
            self.outbox.add_release(id_of(claimed), claimed.token)
        self.waiting = []
        self._queued.release()

    def release_prefetched(self) -> None:
        """Release jobs that wait behind long ones: other runners may run them."""
        expiry = self._last_exit + HOLD_S
        if expiry > self.tools.clock.monotonic():
            self.tools.timers.set(_RELEASE, expiry)
        elif self.unstarted:
            self.release_waiting()
            self.prefetcher.reset()

    def kill_all(self, reason: StopReason) -> None:
        """Kill the processes of all jobs."""
        self._running.kill_all(reason)

    def sample(self) -> None:
        """Sample running jobs; stop those that exceed their memory if the options say so."""
        self._running.sample()

    def _start(self, claimed: ClaimedJob, amount: Resources) -> bool:
        """Start a job that fits, and return whether it is settled: started, or failed for good."""
        job_id = id_of(claimed)
        devices = self._pool.allocate(job_id, amount)
        try:
            attempt = self.tools.launcher.start(claimed, devices.gpus, devices.cpus)
        except SpawnError as error:
            self._pool.release(job_id)
            return self._cannot_start(claimed, error)
        self._running.add(attempt)
        return True

    def _handle(self, attempt: Attempt, event: ProcessEvent) -> None:
        if not isinstance(event, Started):
            self.tools.launcher.discard_command(attempt)
        match event:
            case Started():
                self._running.note_start(attempt, event)
            case Exited():
                if attempt.recovery is None:
                    self.prefetcher.add_run_time(event.at - attempt.started)
                self._running.note_exit(attempt, event)
                self._last_exit = self.tools.clock.monotonic()
            case Refused():
                self._refuse(attempt, spawn_error(event.message, event.errno))
            case Skipped():
                self.waiting = [*self._queued.take_back(attempt), *self.waiting]
            case Lost():
                self._running.lose(attempt)
            case Taken():
                self.are_taken = True
                self._running.remove(attempt)

    def _refuse(self, attempt: Attempt, error: SpawnError) -> None:
        """Handle that the guard could not start a process."""
        if attempt.recovery is not None:
            self._running.fail_recovery(attempt, attempt.recovery, error)
            return
        claimed = self._queued.take_back(attempt)
        # What was in order when it was asked for may have vanished, such as the directory of logs.
        known = attempt.job_id, attempt.token
        may_pass = error.cause is SpawnFailure.MACHINE and known not in self._refused
        self._refused.add(known)
        is_tried_again = attempt.was_queued or may_pass
        if is_tried_again or not (claimed and self._cannot_start(attempt.claimed, error)):
            self.waiting = [*claimed, *self.waiting]

    def _cannot_start(self, claimed: ClaimedJob, error: SpawnError) -> bool:
        """Decide about a job that could not be started, and return whether it is settled."""
        text = f"{error.message} {error.hint}".rstrip()
        if error.cause is SpawnFailure.COMMAND:
            log.error("Job cannot be started", error=text, **job_ids(claimed))
            self.tools.launcher.write_stderr(claimed, text)
            self._running.report(
                claimed, completion_without_start(claimed, self.tools.clock.wall_ms())
            )
            return True
        log.warning("Job has to wait", error=text, **job_ids(claimed))
        if error.cause is SpawnFailure.MACHINE or not self._running:
            # Every other job would fail as well, through no fault of its own.
            self.error = error
        return False  # tried again as soon as something happens
