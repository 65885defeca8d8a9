"""When to sample jobs, and what samples add up to. Pure."""

from __future__ import annotations

import msgspec

FIRST_SAMPLE_S = 0.1
"""Age at which a job is first sampled; most jobs that are shorter are not worth a scan."""


class Sample(msgspec.Struct, frozen=True):
    """A job at one moment, at which at least one of its processes was alive."""

    cpu_s: float
    """Of all its processes so far, those that have exited included."""
    memory_bytes: int
    num_processes: int
    """Those that are alive."""


class Usage(msgspec.Struct):
    """The samples of one job so far, in sums and peaks."""

    peak_memory_bytes: int = 0
    total_memory_bytes: int = 0
    samples: int = 0
    peak_cpu_percent: float = 0.0
    last_cpu_s: float = 0.0
    last_sampled: float = 0.0
    """On the runner's monotonic clock; when the job started, before the first sample."""
    cpu_percent: float = 0.0
    """Over the latest interval; 100 is one core."""

    def add(self, sample: Sample, now: float) -> None:
        """Add a sample taken at monotonic time `now`."""
        self.samples += 1
        self.peak_memory_bytes = max(self.peak_memory_bytes, sample.memory_bytes)
        self.total_memory_bytes += sample.memory_bytes
        elapsed_s = now - self.last_sampled
        if elapsed_s > 0:
            self.cpu_percent = max(sample.cpu_s - self.last_cpu_s, 0.0) / elapsed_s * 100
            self.peak_cpu_percent = max(self.peak_cpu_percent, self.cpu_percent)
        self.last_cpu_s = sample.cpu_s
        self.last_sampled = now

    @property
    def average_memory_bytes(self) -> int | None:
        """The mean of all samples; None without any."""
        return self.total_memory_bytes // self.samples if self.samples else None


def next_sample_delay_s(youngest_age_s: float, interval_s: float) -> float:
    """Return when to sample again: young jobs soon, old ones every `interval_s` seconds."""
    return min(max(youngest_age_s, FIRST_SAMPLE_S), interval_s)
