"""Which processes belong to a job, and what they use together. Pure.

A process belongs to a job by its session, or by its parents when it made a session of its own.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from torc_core.runner.policy.sampling import Sample


class Process(msgspec.Struct, frozen=True):
    """A process as the system reports it."""

    pid: int
    parent: int
    session: int
    cpu_s: float
    """Its own time and that of its reaped children."""
    memory_bytes: int
    """Resident. 0 once it has exited: it gives up its memory before its parent reaps it."""


def sample_sessions(processes: dict[int, Process], leaders: Collection[int]) -> dict[int, Sample]:
    """Return one sample per session leader in `leaders` that has a live process.

    A process without memory has exited, or is exiting, and was not reaped yet. It does not count
    as a process, and where there is no other it is no sample: a job would seem to use nothing just
    because the runner had no time to reap it. Its CPU time counts, as it does once it is reaped;
    otherwise the sum would fall and jump back, which looks like a peak.
    """
    members: dict[int, list[Process]] = {}
    for process in processes.values():
        leader = _leader(process, processes, leaders)
        if leader is not None:
            members.setdefault(leader, []).append(process)
    return {
        leader: Sample(
            cpu_s=sum(process.cpu_s for process in group),
            memory_bytes=sum(process.memory_bytes for process in group),
            num_processes=alive,
        )
        for leader, group in members.items()
        if (alive := sum(process.memory_bytes > 0 for process in group))
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
