"""A runner in simulated time: its real parts, on a clock, processes and a server of a test."""

from __future__ import annotations

import errno
import heapq
import signal
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from torc_core.errors import ExitCode
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    JobEnd,
    JobStart,
    Outlook,
    Shutdown,
)
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.resources import Resources
from torc_core.runner.guard.messages import Exited, Refused, Skipped, Started
from torc_core.runner.jobs import Jobs
from torc_core.runner.loop import Loop, Surroundings
from torc_core.runner.monitor.job_meter import JobMeter
from torc_core.runner.monitor.monitor import Instruments, ResourceMonitor
from torc_core.runner.monitor.series import TimeSeries
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.monitoring.sampling import Sample, Usage
from torc_core.runner.policy.monitoring.settings import OFF
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.policy.shutdown import StopRequest
from torc_core.runner.policy.summary import Progress, RunSummary
from torc_core.runner.policy.timers import Timers
from torc_core.runner.process.adoption import Adopted
from torc_core.runner.process.attempt import Attempt, ProcessEvent
from torc_core.runner.process.launcher import QUEUED_AT_MOST_S
from torc_core.runner.process.start_errors import SpawnError
from torc_core.runner.running import Tools
from torc_core.runner.server.link import ServerLink
from torc_core.runner.server.outstanding import ExchangeResult, Outstanding

EPOCH_MS = 1_800_000_000_000


class SimulatedClock:
    """A clock that a test sets; both of its times move together."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return EPOCH_MS + round(self.now * 1000)


def claimed_job(
    job_id: int = 1, *, token: int = 1, attempt: int = 1, **fields: object
) -> ClaimedJob:
    """Return a job that needs one CPU and a mebibyte."""
    needs = {"num_cpus": 1, "num_gpus": 0, "num_nodes": 1, "memory_bytes": 2**20}
    return ClaimedJob(
        job=Job(id=job_id, workflow_id=7, name=f"j{job_id}", command="true", attempt_id=attempt),
        token=token,
        run_id=1,
        **{**needs, "runtime_seconds": 3600, **fields},
    )


def completion(job_id: int = 1, token: int = 1) -> JobEnd:
    return JobEnd(
        job_id=job_id,
        token=token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=0.0,
        completion_time="",
    )


def runner_context(total: Resources, **settings: object) -> RunnerContext:
    """Return the context of a runner on a node with these resources.

    Args:
        total: What the node has.
        settings: The workflow's.
    """
    return RunnerContext(
        workflow=Workflow(id=7, name="w", user="u", **settings),
        workflow_id=7,
        run_id=1,
        node_id=3,
        hostname="here",
        total=total,
        gpus=tuple(map(str, range(total.num_gpus))),
        bash="/bin/bash",
        output_dir="/o",
        log_mode=0o600,
        environment={},
        monitoring=OFF,
        started=0.0,
    )


class World:
    """A runner's loop with simulated time, processes and server; hours take milliseconds.

    Args:
        total: What the node has.
        settings: The workflow's.
        waker: What moves the clock; otherwise one of its own.
        link: The server, if it is not this runner's own.
        processes: Those of the machine, if they outlive this runner.
        options: The runner's.
    """

    def __init__(
        self,
        total: Resources,
        *,
        settings: dict[str, object] | None = None,
        waker: SimulatedWaker | None = None,
        link: ServerLink | None = None,
        processes: SimulatedProcesses | None = None,
        **options: object,
    ) -> None:
        self.waker = waker or SimulatedWaker(SimulatedClock())
        self.clock = self.waker.clock
        self._timers = Timers()
        self.processes = processes or SimulatedProcesses(self.clock, self.waker)
        self.server = SimulatedServer(self.clock, self.waker)
        self.actions = SimulatedActions(self.clock, self.waker)
        self.stops: list[StopRequest] = []
        context = runner_context(total, **(settings or {}))
        workflow = context.workflow
        self.server.ignores_completion = bool(workflow.compute_node_ignore_workflow_completion)
        runner_options = RunnerOptions(workflow_id=7, **{"poll_interval_s": 60.0, **options})
        monitor = ResourceMonitor(
            OFF,
            self._timers,
            self.clock,
            Instruments(
                JobMeter(self.clock),
                lambda: Sample(0.0, 0, 0),
                TimeSeries(None, OFF, 3, self.clock),
            ),
        )
        tools = Tools(self.clock, self._timers, self.processes, self.processes, monitor)
        self._build = lambda on_progress: Loop(
            context,
            runner_options,
            Jobs(context, runner_options, tools),
            Surroundings(self.waker, link or self.server, self.actions, on_progress),
        )
        self.loop = self._build(None)

    def run(self) -> RunSummary:
        self.loop.run(self.stops)
        return self.loop.summary({})

    def adopt(self, attempt: Attempt) -> None:
        """Have the runner take over an attempt of a dead one."""
        self.server.claimed.add(attempt.job_id)
        self.server.known[attempt.job_id] = attempt.claimed
        self.processes.adopt(attempt)
        self.loop._jobs.adopt([Adopted(attempt, exited=None, is_lost=False)], [2])

    def report_progress_to(self, callback: Callable[[Progress], None]) -> None:
        """Have the runner report its progress."""
        self.loop = self._build(callback)

    def stop_at(self, when: float) -> None:
        """Ask the runner to stop at a moment."""
        self.waker.at(when, self._request_stop)

    def _request_stop(self) -> None:
        self.stops.append(StopRequest(ExitCode.INTERRUPTED, kills=bool(self.stops)))


class SimulatedWaker:
    """Sleeps by moving the clock to the next event."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._ready: list[int] = []
        self._count = 0

    def at(self, when: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, event))

    def exit(self, fd: int) -> None:
        """Make a descriptor readable."""
        self._ready.append(fd)

    def sleep(self, seconds: float | None) -> list[int]:
        until = float("inf") if seconds is None else self.clock.now + seconds
        if self._ready:
            until = self.clock.now
        elif self._events:
            until = min(until, self._events[0][0])
        assert until < float("inf"), "the runner sleeps for ever"
        self.clock.now = max(self.clock.now, until)
        while self._events and self._events[0][0] <= self.clock.now:
            heapq.heappop(self._events)[2]()
        ready, self._ready = self._ready, []
        return ready

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass


class SimulatedProcesses:
    """A guard whose processes exit when their job's `runtime_seconds` are over, or when ended."""

    FD = 1

    def __init__(self, clock: SimulatedClock, waker: SimulatedWaker) -> None:
        self._clock = clock
        self._waker = waker
        self._running: dict[int, Attempt] = {}
        """By the number of the process."""
        self._behind: dict[Attempt, Attempt] = {}
        """Which attempt waits for which."""
        self._exit_codes: dict[Attempt, int] = {}
        self.queued: dict[int, int] = {}
        """The job before it, by job."""
        self._events: list[tuple[Attempt, ProcessEvent]] = []
        self._count = 0
        self.run_time_s = lambda claimed: float(claimed.runtime_seconds)
        self.exit_code = lambda _: 0
        self.refuses = lambda _: False
        self.start_delay_s = 0.0
        """From when a process is asked for until it has started."""
        self.ignores_sigterm = False
        self.most_at_once = 0
        self.started: list[tuple[float, int]] = []
        self.deleted: list[int] = []
        self.looks: list[tuple[float, int, int]] = []
        self.outputs = lambda _: FoundOutputs({})
        self.ended: list[tuple[float, int, float]] = []
        """When, which job, and with what grace."""
        self.failure: SpawnError | None = None

    def start(
        self,
        claimed: ClaimedJob,
        gpus: tuple[str, ...] = (),
        cpus: tuple[int, ...] = (),
    ) -> Attempt:
        attempt = self._attempt(claimed, gpus)
        self._start(attempt)
        return attempt

    def queue(self, claimed: ClaimedJob, before: Attempt) -> Attempt:
        attempt = self._attempt(claimed, ())
        attempt.was_queued = True
        if self._exit_codes.get(before) == 0:
            self._start(attempt)
        elif before in self._exit_codes:
            self._skip(attempt)
        else:
            self.queued[attempt.job_id] = before.job_id
            self._behind[before] = attempt
            until = self._clock.now + QUEUED_AT_MOST_S
            self._waker.at(until, lambda: self.withdraw([attempt]))
        return attempt

    def _attempt(self, claimed: ClaimedJob, gpus: tuple[str, ...]) -> Attempt:
        if self.failure is not None:
            raise self.failure
        return Attempt(
            claimed=claimed,
            gpus=gpus,
            started=self._clock.now,
            started_ms=self._clock.wall_ms(),
            usage=Usage(),
        )

    def is_own(self, attempt: Attempt) -> bool:
        return True

    def withdraw(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            for before, each in list(self._behind.items()):
                if each is attempt:
                    self._skip_behind(before)

    def _skip_behind(self, before: Attempt) -> None:
        if (attempt := self._behind.pop(before, None)) is not None:
            self._skip_behind(attempt)
            self._skip(attempt)

    def _skip(self, attempt: Attempt) -> None:
        self._exit_codes[attempt] = 1
        self._report(attempt, Skipped(id=0))

    def _start(self, attempt: Attempt) -> None:
        claimed = attempt.claimed
        if self.refuses(claimed):
            self._skip_behind(attempt)
            self._exit_codes[attempt] = 1
            self._report(attempt, Refused(id=0, message="No such file", errno=errno.ENOENT))
            return
        self._count += 1
        number = self._count
        self._running[number] = attempt
        self.most_at_once = max(self.most_at_once, len(self._running))
        self.started.append((self._clock.now, claimed.job.id))
        begins = self._clock.now + self.start_delay_s
        begins_ms = self._clock.wall_ms() + round(self.start_delay_s * 1000)
        start = Started(id=number, pid=number, at=begins, at_ms=begins_ms)
        if self.start_delay_s:
            self._waker.at(begins, lambda: self._report(attempt, start))
        else:
            self._report(attempt, start)
        ends = begins + self.run_time_s(claimed)
        self._waker.at(ends, lambda: self._exit(number, self.exit_code(claimed), by_itself=True))

    def adopt(self, attempt: Attempt) -> None:
        """Have the process of a dead runner's attempt, which runs until it is ended."""
        self._count += 1
        self._running[self._count] = attempt

    def exit_all(self, code: int, *, by_itself: bool = False) -> None:
        """Let all processes exit."""
        for number in list(self._running):
            self._exit(number, code, by_itself=by_itself)

    def end(self, attempt: Attempt, grace_s: float) -> None:
        if attempt in self._behind.values():
            self.withdraw([attempt])
            return
        if attempt in self._exit_codes:
            return
        self.ended.append((self._clock.now, attempt.job_id, grace_s))
        self._skip_behind(attempt)
        (number,) = [key for key, each in self._running.items() if each is attempt]
        signum = signal.SIGKILL if self.ignores_sigterm else signal.SIGTERM
        delay_s = grace_s if self.ignores_sigterm else 0.0
        self._waker.at(self._clock.now + delay_s, lambda: self._exit(number, 128 + signum))

    def receive(self, fd: int) -> list[tuple[Attempt, ProcessEvent]]:
        events, self._events = self._events, []
        return events

    def flush(self) -> None:
        pass

    def forget(self, attempts: Iterable[Attempt]) -> None:
        pass

    def close(self, *, is_reported: bool) -> None:
        pass

    def find_outputs(self, attempt: Attempt, earlier_looks: int) -> FoundOutputs:
        self.looks.append((self._clock.now, attempt.job_id, earlier_looks))
        return self.outputs(attempt)

    def write_stderr(self, claimed: ClaimedJob, text: str) -> None:
        pass

    def discard_command(self, attempt: Attempt) -> None:
        pass

    def delete_stdio(self, claimed: ClaimedJob) -> None:
        pass

    def _exit(self, number: int, code: int, *, by_itself: bool = False) -> None:
        attempt = self._running.pop(number, None)
        if attempt is not None:
            now, now_ms = self._clock.now, self._clock.wall_ms()
            exited = Exited(
                id=number, exit_code=code, cpu_s=0.0, at=now, at_ms=now_ms, by_itself=by_itself
            )
            self._report(attempt, exited)
            self._exit_codes[attempt] = code
            if code:
                self._skip_behind(attempt)
            elif (follower := self._behind.pop(attempt, None)) is not None:
                self._start(follower)

    def _report(self, attempt: Attempt, event: ProcessEvent) -> None:
        self._events.append((attempt, event))
        self._waker.exit(self.FD)


class SimulatedServer(Outstanding):
    """A server and the link to it: gives out jobs, holds long polls, and may be down."""

    LATENCY_S = 0.005

    def __init__(self, clock: SimulatedClock, waker: SimulatedWaker) -> None:
        super().__init__()
        self._clock = clock
        self._waker = waker
        self.ready: list[ClaimedJob] = []
        self.claimed: set[int] = set()
        self.most_claimed = 0
        self.known: dict[int, ClaimedJob] = {}
        """All jobs that were claimed."""
        self.results: list[JobEnd] = []
        self.starts: list[JobStart] = []
        self.released: list[tuple[float, int]] = []
        self.requests: list[tuple[float, Exchange]] = []
        self.is_down = False
        self.is_canceled = False
        self.is_lost = False
        """It takes the runner for lost, until that reports what still runs."""
        self.outlook: Callable[[], Outlook | None] = lambda: None
        """The answer to a runner without a job."""
        self.shutdown: Shutdown | None = None
        self.completes = True
        """Whether the workflow is complete when nothing is left."""
        self.ignores_completion = False
        """Its completion is no news, as the workflow says."""
        self._held: dict[int, Exchange] = {}

    # ---- as a link

    @property
    def is_failing(self) -> bool:
        return self.is_down and bool(self._sent)

    def send(self, request: Exchange) -> None:
        request = self._number(request)
        self.requests.append((self._clock.now, request))
        self._waker.at(self._clock.now + self.LATENCY_S, lambda: self._arrive(request))

    def close(self) -> None:
        pass

    # ---- as a server

    def add(self, *jobs: ClaimedJob) -> None:
        """Make jobs ready, and answer the long poll that waits for some."""
        self.ready += jobs
        for request in list(self._held.values()):
            self._answer(request)

    def ask(self, shutdown: Shutdown) -> None:
        """Ask the runner to shut down."""
        self.shutdown = shutdown
        for request in list(self._held.values()):
            self._answer(request)

    def go_down(self) -> None:
        self.is_down = True
        self._held.clear()

    def come_up(self) -> None:
        self.is_down = False
        for request in list(self._sent.values()):
            self._arrive(replace(request, wait_seconds=0.0))

    @property
    def is_complete(self) -> bool:
        return self.completes and not self.ready and not self.claimed

    def _arrive(self, request: Exchange) -> None:
        if self.is_down or request.seq not in self._sent:
            return
        for older in list(self._held.values()):
            self._answer(older)
        self._record(request)
        if request.wait_seconds and not (self._has_news(request)):
            self._held[request.seq] = request
            expiry = self._clock.now + request.wait_seconds
            self._waker.at(expiry, lambda: self._answer(request, only_held=True))
        else:
            self._answer(request)

    def _record(self, request: Exchange) -> None:
        self.is_lost = self.is_lost and not request.returns
        self.starts += request.starts
        for end in request.ends:
            self.results.append(end)
            self.claimed.discard(end.job_id)
            if end.retry and not end.interrupted:
                self._retry(self.known[end.job_id])
        for release in request.releases:
            self.claimed.discard(release.job_id)
            self.released.append((self._clock.now, release.job_id))

    def _retry(self, job: ClaimedJob) -> None:
        attempt = replace(job.job, attempt_id=job.job.attempt_id + 1)
        self.ready.append(replace(job, job=attempt, token=job.token + 1))

    def _has_news(self, request: Exchange) -> bool:
        outlook = self.outlook() if request.work and request.work.asks_outlook else None
        is_known = request.work is not None and request.work.knows_stuck
        is_stuck = outlook is not None and outlook.is_hopeless and not is_known
        has_jobs = bool(request.work and self.ready)
        is_over = self.is_complete and not self.ignores_completion
        is_ended = self.is_canceled or self.is_lost or self.shutdown is not None
        return has_jobs or is_stuck or is_over or is_ended

    def _answer(self, request: Exchange, *, only_held: bool = False) -> None:
        if self._held.pop(request.seq, None) is None and only_held:
            return
        jobs: list[ClaimedJob] = []
        gives = self.shutdown is None and not self.is_lost
        if request.work is not None and request.seq == self._seq and gives:
            count = request.work.max_jobs + request.work.queue_ahead
            jobs, self.ready = self.ready[:count], self.ready[count:]
            self.claimed |= {job.job.id for job in jobs}
            self.known |= {job.job.id: job for job in jobs}
            self.most_claimed = max(self.most_claimed, len(self.claimed))
        asks = request.work is not None and request.work.asks_outlook and not jobs
        reply = ExchangeReply(
            jobs=jobs,
            outlook=self.outlook() if asks else None,
            is_complete=self.is_complete,
            is_canceled=self.is_canceled,
            is_lost=self.is_lost,
            shutdown=self.shutdown,
            shutdown_reason="maintenance" if self.shutdown else None,
            kill=sorted(self.claimed) if self.is_canceled else [],
        )
        self._results.append(ExchangeResult(request, reply))


class SimulatedActions:
    """Remembers which triggers were looked at; what they start takes its time."""

    left = ()
    schedules_nodes = False

    def __init__(self, clock: SimulatedClock, waker: SimulatedWaker) -> None:
        self._clock = clock
        self._waker = waker
        self.is_busy = False
        self.triggers: list[str] = []
        self.takes_s: dict[str, float] = {}
        self.ignores_sigterm = False
        self.interruptions: list[tuple[float, float]] = []
        """When, and with what grace."""
        self._batch = 0

    def run_in_background(self, triggers: Sequence[str], wake: Callable[[], None]) -> None:
        self.triggers += triggers
        if takes_s := sum(self.takes_s.get(trigger, 0.0) for trigger in triggers):
            self.is_busy = True
            self._batch += 1
            batch = self._batch
            self._waker.at(self._clock.now + takes_s, lambda: self._end(batch))

    def interrupt(self, grace_s: float) -> None:
        self.interruptions.append((self._clock.now, grace_s))
        batch, delay_s = self._batch, grace_s if self.ignores_sigterm else 0.0
        self._waker.at(self._clock.now + delay_s, lambda: self._end(batch))

    def _end(self, batch: int) -> None:
        if batch == self._batch:
            self.is_busy = False
