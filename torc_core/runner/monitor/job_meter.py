"""The processes of running jobs, found in one look for all jobs, and what each job uses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from torc_core.clock import Clock
from torc_core.runner.guard import procfs
from torc_core.runner.guard.membership import Membership, Process
from torc_core.runner.monitor import psutil_scan
from torc_core.runner.monitor.cpu_time import CpuTime
from torc_core.runner.monitor.memory import JobMemory
from torc_core.runner.monitor.smaps import ProportionalSizes
from torc_core.runner.policy.limits import memory_limit
from torc_core.runner.policy.monitoring.sampling import Sample
from torc_core.runner.process.attempt import Attempt

Scan = Callable[[], Mapping[int, Process]]
Label = tuple[str, ...]
_LABEL = ("TORC_WORKFLOW_ID", "TORC_JOB_ID", "TORC_ATTEMPT_ID")
"""Variables that only torc sets, and that differ between the attempts of a runner."""


def choose_scan(*reapers: int) -> Scan:
    """Return how to list the processes that may be of jobs which these processes have started."""
    return procfs.Scanner(*reapers).scan if procfs.is_available() else psutil_scan.scan


class _Metered(NamedTuple):
    """What is remembered of a job between two looks."""

    attempt: Attempt
    reaper: int
    cpu: CpuTime
    memory: JobMemory


class JobMeter:
    """Measures jobs.

    Args:
        clock: The time.
        new_scan: Returns how to list processes, given the pids of the parents of jobs.
        sizes: Reads how much memory a process uses, beside what it shares.
        limits: Whether jobs are held to the memory that they asked for.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        new_scan: Callable[..., Scan] = choose_scan,
        sizes: ProportionalSizes | None = None,
        limits: bool = False,
    ) -> None:
        self._clock = clock
        self._new_scan = new_scan
        self._sizes = sizes or ProportionalSizes(clock)
        self._limits = limits
        self._memberships: dict[int, Membership[Label]] = {}
        """By the pid of the process that has started the jobs, and adopts their orphans."""
        self._scan: Scan = dict
        self._metered: dict[Label, _Metered] = {}

    def measure(self, attempts: Collection[Attempt]) -> list[tuple[Attempt, Sample]]:
        """Return a sample for each of these attempts that has a live process.

        Raises:
            OSError: No file descriptor is left.
        """
        self._follow({_label(attempt): attempt for attempt in attempts})
        if not self._metered:
            return []
        table = self._scan()
        found: list[tuple[Attempt, Sample]] = []
        for membership in self._memberships.values():
            for label, processes in membership.update(table).items():
                sample = self._sample(self._metered[label], processes)
                if sample is not None:
                    found.append((self._metered[label].attempt, sample))
        return found

    def limit_of(self, attempt: Attempt) -> int | None:
        """Return the memory that an attempt is held to."""
        return memory_limit(attempt.claimed) if self._limits else None

    def _follow(self, attempts: Mapping[Label, Attempt]) -> None:
        """Look for the processes of these attempts, and no longer for those of others."""
        for label in self._metered.keys() - attempts.keys():
            self._memberships[self._metered.pop(label).reaper].remove(label)
        for label in attempts.keys() - self._metered.keys():
            pid, reaper = _root(attempts[label])
            if reaper not in self._memberships:
                self._memberships[reaper] = Membership(reaper, _read_label)
                self._scan = self._new_scan(*self._memberships)
            self._memberships[reaper].add(label, pid)
            memory = JobMemory(self._sizes.read)
            self._metered[label] = _Metered(attempts[label], reaper, CpuTime(), memory)

    def _sample(self, job: _Metered, processes: list[Process]) -> Sample | None:
        """Return a sample; None if no process is alive.

        A process that has exited, or is exiting, has given up its memory: a job would seem to use
        nothing just because there was no time to reap it. Its CPU time counts.
        """
        ticks = job.cpu.update(processes)
        alive = [each for each in processes if each.is_alive and each.resident_bytes]
        if not alive:
            return None
        limit = self.limit_of(job.attempt)
        memory = job.memory.measure(
            alive, self._clock.monotonic(), may_read=self._sizes.may_read, limit=limit
        )
        return Sample(
            cpu_s=ticks / procfs.TICKS_PER_S,
            memory_bytes=memory,
            num_processes=len(alive),
        )


def _root(attempt: Attempt) -> tuple[int, int]:
    """Return the pid of the first process of an attempt, and that of its parent."""
    assert attempt.pid is not None
    return attempt.pid, attempt.reaper


def _label(attempt: Attempt) -> Label:
    job = attempt.claimed.job
    return str(job.workflow_id), str(attempt.job_id), str(job.attempt_id)


def _read_label(pid: int) -> Label | None:
    return procfs.read_variables(pid, _LABEL)
