"""Memory and CPU of running jobs, read from /proc: one scan per tick for all jobs together.

A process belongs to a job by its session, or by its parents when it made a session of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path

import msgspec

FIRST_LOOK_S = 0.1
"""Age at which a job is first looked at; most jobs that are shorter are not worth a scan."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Process(msgspec.Struct, frozen=True):
    """One line of /proc/<pid>/stat, as far as it matters here."""

    pid: int
    parent: int
    session: int
    cpu_s: float
    """Its own time and that of its reaped children."""
    memory_bytes: int
    """Resident."""


class Sample(msgspec.Struct, frozen=True):
    """A job at one moment."""

    cpu_s: float
    memory_bytes: int
    num_processes: int


class Usage(msgspec.Struct):
    """What was seen of one job so far."""

    peak_memory_bytes: int = 0
    total_memory_bytes: int = 0
    samples: int = 0
    peak_cpu_percent: float = 0.0
    last_cpu_s: float = 0.0
    last_seen: float = 0.0
    """On the runner's monotonic clock."""
    cpu_percent: float = 0.0
    """Over the latest interval; 100 is one core."""

    def note(self, sample: Sample, now: float) -> None:
        """Take in a sample."""
        self.samples += 1
        self.peak_memory_bytes = max(self.peak_memory_bytes, sample.memory_bytes)
        self.total_memory_bytes += sample.memory_bytes
        elapsed_s = now - self.last_seen
        if elapsed_s > 0:
            self.cpu_percent = max(sample.cpu_s - self.last_cpu_s, 0.0) / elapsed_s * 100
            self.peak_cpu_percent = max(self.peak_cpu_percent, self.cpu_percent)
        self.last_cpu_s = sample.cpu_s
        self.last_seen = now


def parse_stat(text: str) -> Process:
    """Read /proc/<pid>/stat; the name in parentheses may hold anything. Source: proc(5)."""
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return Process(
        pid=int(head.split(" ", 1)[0]),
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu_s=sum(int(field) for field in fields[11:15]) / _TICKS_PER_S,
        memory_bytes=int(fields[21]) * _PAGE,
    )


def scan(proc: str = "/proc") -> dict[int, Process]:
    """Return all processes of the machine, by pid; one that ends meanwhile is left out.

    Raises:
        OSError: There is no file descriptor left to look with.
    """
    found = {}
    with os.scandir(proc) as entries:
        for entry in entries:
            if entry.name.isdecimal():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    text = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
                    process = parse_stat(text)
                    found[process.pid] = process
    return found


def attribute(processes: dict[int, Process], leaders: Collection[int]) -> dict[int, Sample]:
    """Return one sample per session leader in `leaders` that has a process left. Pure."""
    totals: dict[int, list[Process]] = {}
    for process in processes.values():
        leader = _leader(process, processes, leaders)
        if leader is not None:
            totals.setdefault(leader, []).append(process)
    return {
        leader: Sample(
            cpu_s=sum(member.cpu_s for member in members),
            memory_bytes=sum(member.memory_bytes for member in members),
            num_processes=len(members),
        )
        for leader, members in totals.items()
    }


def _leader(
    process: Process, processes: dict[int, Process], leaders: Collection[int]
) -> int | None:
    """Return the leader among `leaders` to which a process belongs, itself or through parents."""
    seen: set[int] = set()
    current: Process | None = process
    while current is not None and current.pid not in seen:
        if current.session in leaders:
            return current.session
        seen.add(current.pid)
        current = processes.get(current.parent)
    return None


def next_look_s(youngest_age_s: float, interval_s: float) -> float:
    """Return when to look again: young jobs soon, old ones every `interval_s` seconds."""
    return min(max(youngest_age_s, FIRST_LOOK_S), interval_s)
