"""The CPU time of a job, over processes that come and go. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.runner.guard.membership import Process


class CpuTime:
    """Adds up the CPU time of a job's processes; the sum never falls.

    A process has its own time and that of the children that it has waited for. So the time of one
    that has exited is in that of its parent, unless the parent does not belong to the job: then the
    process was an orphan, and its time is kept here as it was last seen.
    """

    def __init__(self) -> None:
        self._seen: dict[int, Process] = {}
        """The processes of the latest look, by pid."""
        self._lost_ticks = 0
        self._total_ticks = 0

    def update(self, processes: Iterable[Process]) -> int:
        """Return the clock ticks of all processes so far.

        Args:
            processes: Those of the job now, also those that have exited and were not waited for.
        """
        now = {process.pid: process for process in processes}
        self._lost_ticks += sum(
            _ticks(process)
            for process in self._seen.values()
            if not _is_in(process, now) and self._is_lost(process, now)
        )
        self._seen = now
        # A parent that ignores its children's exits (SIGCHLD) does not get their time either.
        self._total_ticks = max(
            self._total_ticks, sum(map(_ticks, now.values())) + self._lost_ticks
        )
        return self._total_ticks

    def _is_lost(self, gone: Process, now: dict[int, Process]) -> bool:
        """Return whether no process of the job has waited for one that has exited."""
        passed: set[int] = set()
        current = gone
        while current.parent in self._seen and current.pid not in passed:
            passed.add(current.pid)
            current = self._seen[current.parent]
            if _is_in(current, now):
                return False
        return True


def _ticks(process: Process) -> int:
    return process.cpu_ticks + process.reaped_cpu_ticks


def _is_in(process: Process, now: dict[int, Process]) -> bool:
    found = now.get(process.pid)
    return found is not None and found.start_ticks == process.start_ticks
