"""When to sample jobs, and what samples add up to. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

FIRST_SAMPLE_S = 0.1
"""Age at which a job is first sampled; most jobs that are shorter are not worth a scan."""
CHECK_S = 1.0
"""How long after it may have reached its limit a job is looked at, at the latest."""
_FASTEST_GROWTH = 4 * 2**30
"""Bytes per second that a job may take without having been seen to. Measured: one thread that
writes to new pages takes 1 to 3 GiB/s, with huge pages up to 6."""
_CPU_WINDOW_S = 0.5
"""The least interval over which a share of CPU is worked out. Times are counted in hundredths of a
second for each process, so that over a tenth they would be wrong by a tenth and more."""

_EARLY = 0.9
"""The part of an interval after which the next sample is due."""


class Sample(msgspec.Struct, frozen=True):
    """A job at one moment, at which at least one of its processes was alive."""

    cpu_s: float
    """Of all its processes so far, those that have exited included."""
    memory_bytes: int
    num_processes: int
    """Those that are alive."""


class Usage(msgspec.Struct):
    """The samples of one job, or of a node, so far, in sums and peaks."""

    peak_memory_bytes: int = 0
    memory_byte_seconds: float = 0.0
    """Each sample counts for the time since the one before: they are closer in the beginning."""
    sampled_s: float = 0.0
    samples: int = 0
    last_sampled: float = 0.0
    """On the runner's monotonic clock; when the job started, before the first sample."""
    last_memory_bytes: int = 0
    peak_cpu_percent: float = 0.0
    cpu_percent: float = 0.0
    """Over the latest window; 100 is one core."""
    cpu_s: float = 0.0
    """Of all processes that were seen."""
    window_cpu_s: float = 0.0
    """At the beginning of the window."""
    window_start: float | None = None
    """When it began; None for when the job started."""

    def add(self, sample: Sample, now: float) -> None:
        """Add a sample taken at monotonic time `now`."""
        if self.window_start is None:
            self.window_start = self.last_sampled
        elapsed_s = max(now - self.last_sampled, 0.0)
        self.samples += 1
        self.peak_memory_bytes = max(self.peak_memory_bytes, sample.memory_bytes)
        self.memory_byte_seconds += sample.memory_bytes * elapsed_s
        self.sampled_s += elapsed_s
        self.last_memory_bytes = sample.memory_bytes
        self.last_sampled = now
        self.cpu_s = max(sample.cpu_s, self.cpu_s)
        window_s = now - self.window_start
        if window_s >= _CPU_WINDOW_S:
            self.cpu_percent = (self.cpu_s - self.window_cpu_s) / window_s * 100
            self.peak_cpu_percent = max(self.peak_cpu_percent, self.cpu_percent)
            self.window_cpu_s, self.window_start = self.cpu_s, now

    def growth(self, sample: Sample, now: float) -> float:
        """Return the bytes per second by which memory has grown up to a sample not added yet."""
        elapsed_s = now - self.last_sampled
        grown = sample.memory_bytes - self.last_memory_bytes
        return max(grown, 0) / elapsed_s if elapsed_s > 0 else 0.0

    @property
    def average_memory_bytes(self) -> int | None:
        """The mean over the time that was sampled; None without any sample."""
        if not self.samples:
            return None
        return round(self.memory_byte_seconds / self.sampled_s) if self.sampled_s else 0

    @property
    def average_cpu_percent(self) -> float | None:
        """The share of CPU over the time that was sampled; None without any."""
        return self.cpu_s / self.sampled_s * 100 if self.sampled_s else None

    @property
    def highest_cpu_percent(self) -> float:
        """The peak; the average for what was too short for a window."""
        return max(self.peak_cpu_percent, self.average_cpu_percent or 0.0)


class Totals(NamedTuple):
    """What is reported of a job that has exited."""

    peak_memory_bytes: int | None
    avg_memory_bytes: int | None
    peak_cpu_percent: float
    avg_cpu_percent: float


def job_totals(
    usage: Usage, *, elapsed_s: float, cpu_s: float, largest_bytes: int | None
) -> Totals:
    """Return what a job has used, from its samples and from what the kernel says of its exit.

    Samples see all processes, but only now and then; the kernel has counted all the time, but not
    all processes. The greater one is nearer to the truth, as neither can be too much.

    Args:
        usage: Its samples, if there are any. Memory is the sum over all its processes.
        elapsed_s: How long it ran; more than 0.
        cpu_s: The sum over its first process and those that were waited for: orphans are missing.
        largest_bytes: The most that a single process ever had resident: a maximum, no sum; None if
            it is not known.
    """
    peak_memory = max(usage.peak_memory_bytes, largest_bytes or 0) or None
    average_cpu = max(cpu_s, usage.cpu_s) / elapsed_s * 100
    return Totals(
        peak_memory_bytes=peak_memory,
        avg_memory_bytes=usage.average_memory_bytes or peak_memory,
        peak_cpu_percent=max(usage.peak_cpu_percent, average_cpu),
        avg_cpu_percent=average_cpu,
    )


def next_sample_delay_s(youngest_age_s: float, interval_s: float) -> float:
    """Return when to sample again: young jobs soon, old ones every `interval_s` seconds."""
    return min(max(youngest_age_s, FIRST_SAMPLE_S), interval_s)


def check_delay_s(memory_bytes: int, limit_bytes: int, growth: float) -> float:
    """Return when to look again at a job, so that one beyond its limit is soon seen.

    Args:
        memory_bytes: What it has now.
        limit_bytes: What it may have.
        growth: The bytes per second by which it grew lately.
    """
    headroom = max(limit_bytes - memory_bytes, 0)
    delay_s = CHECK_S + headroom / _FASTEST_GROWTH
    if growth > 0:
        # Half way there, so that it is seen to come nearer.
        delay_s = min(delay_s, headroom / growth / 2)
    return max(delay_s, FIRST_SAMPLE_S)


def is_due(last: float | None, now: float, interval_s: float) -> bool:
    """Return whether a sample is due after that at `last`; timers are never quite regular."""
    return last is None or now - last >= _EARLY * interval_s
