"""Which processes belong to which job. Pure: tables of processes are arguments.

A job's processes all descend from its first one, but a table shows only parents that still live.
So a process belongs to a job if

1. it was found to belong before: same pid and same start, however it has changed since;
2. it is in a session of a process that belongs: a session cannot be entered from outside;
3. its parent belongs;
4. its parent has exited, so that it was given to the reaper, and it carries the job's label, or is
   in a session that belonged when processes were last looked at.

What forks twice, makes its own session and clears its environment, all between two looks, is known
to come from one of the reaper's jobs, but not from which: it is a *stray*, with all that descends
from it. An orphan with the label of a job that is over is none.

Imports nothing but the standard library's types, since the process that spawns jobs is to be small.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

Job = TypeVar("Job", bound=Hashable)


class Process(NamedTuple):
    """A process as the system reports it."""

    pid: int
    parent: int
    group: int
    session: int
    start_ticks: int
    """Since boot. With the pid it identifies a process for as long as the machine runs."""
    state: str
    """One letter, see proc(5)."""
    threads: int
    cpu_ticks: int
    """User and system time of its own."""
    reaped_cpu_ticks: int
    """That of the children that it has waited for, and of theirs."""
    resident_bytes: int
    faults: int = 0
    """Minor page faults: how many pages it got, or got a copy of, without reading a disk."""

    @property
    def is_alive(self) -> bool:
        """Whether it has not exited; the first thread may be over while others still run."""
        return self.state not in {"Z", "X"} or self.threads > 1


Table = Mapping[int, Process]
"""Processes by pid. Those that started before the reaper may be missing."""


class Membership(Generic[Job]):
    """Finds the processes of jobs, and remembers them between two looks.

    Args:
        reaper: The process to which orphans of all jobs are given, their subreaper.
        label: Returns which job the environment of a process names; None for none, or if it cannot
            be read. Called for orphans only.
    """

    def __init__(self, reaper: int, label: Callable[[int], Job | None]) -> None:
        self.strays: list[Process] = []
        """Live processes whose job the last update could not find out."""
        self._reaper = reaper
        self._label = label
        self._roots: dict[Job, set[int]] = {}
        """First processes that no update has seen yet."""
        self._members: dict[int, tuple[int, Job]] = {}
        """Start and job of each process found by the last update, by pid."""
        self._sessions: dict[int, Job] = {}
        """The job of each session found by the last update."""
        self._labels: dict[int, tuple[int, Job]] = {}
        """Start and job of orphans with a label, and of what belonged to jobs that are over: none
        of them is a stray, and no label is read again."""

    def add(self, job: Job, root: int | None = None) -> None:
        """Look for the processes of a job from now on.

        Args:
            job: The job. One that was added before gets one more first process.
            root: Its first process, a child of the reaper and leader of a session; None if it has
                exited and only orphans are left.
        """
        self._roots.setdefault(job, set()).update(() if root is None else (root,))

    def remove(self, job: Job) -> None:
        """Forget a job; an unknown one is no error."""
        self._roots.pop(job, None)

    def update(self, table: Table) -> dict[Job, list[Process]]:
        """Return the processes of each job that has any.

        Those are included that have exited and were not waited for.

        Args:
            table: Read after the jobs were added whose first processes it holds.
        """
        members = self._recognize(table)
        sessions = self._sessions_of(members, table)
        is_complete = False
        while not is_complete:
            self._trace_all(table, members, sessions)
            reached = self._sessions_of(members, table)
            is_complete = reached.keys() == sessions.keys()
            sessions = reached
        for pid, (start, job) in self._members.items():
            if job not in self._roots:
                self._labels[pid] = start, job
        self._members = {pid: (table[pid].start_ticks, job) for pid, job in members.items()}
        self._sessions = sessions
        self._labels = {
            pid: label for pid, label in self._labels.items() if _is_same(table.get(pid), label[0])
        }
        self.strays = self._find_strays(table, members)
        found: dict[Job, list[Process]] = {}
        for pid, job in members.items():
            found.setdefault(job, []).append(table[pid])
        return found

    def _find_strays(self, table: Table, members: Mapping[int, Job]) -> list[Process]:
        """Return what descends from the reaper, belongs to no job, and names none as its origin."""
        children: dict[int, list[int]] = {}
        for process in table.values():
            if process.pid not in members and process.pid not in self._labels:
                children.setdefault(process.parent, []).append(process.pid)
        found: list[int] = []
        level = children.pop(self._reaper, [])
        while level:
            found += level
            level = [child for pid in level for child in children.pop(pid, ())]
        return [table[pid] for pid in found if table[pid].is_alive]

    def _recognize(self, table: Table) -> dict[int, Job]:
        """Return the jobs of processes that were found before, and of first processes, by pid."""
        members = {
            pid: job
            for pid, (start, job) in self._members.items()
            if job in self._roots and _is_same(table.get(pid), start)
        }
        for job, roots in self._roots.items():
            members.update((pid, job) for pid in roots if self._is_root(table.get(pid)))
            # One that was waited for must not be mistaken for a later process with its pid.
            roots.clear()
        return members

    def _is_root(self, process: Process | None) -> bool:
        return process is not None and process.parent == self._reaper

    def _sessions_of(self, members: Mapping[int, Job], table: Table) -> dict[int, Job]:
        """Return the sessions of members; that of the reaper belongs to no job."""
        sessions = {table[pid].session: job for pid, job in members.items()}
        if self._reaper in table:
            sessions.pop(table[self._reaper].session, None)
        return sessions

    def _trace_all(
        self, table: Table, members: dict[int, Job], sessions: Mapping[int, Job]
    ) -> None:
        """Add to `members` what belongs by its session, its parents, or as an orphan."""
        others: set[int] = set()
        for process in table.values():
            path: list[int] = []
            job: Job | None = None
            current: Process | None = process
            while current is not None and current.pid not in others:
                job = members.get(current.pid, sessions.get(current.session))
                if job is None and current.parent == self._reaper:
                    job = self._job_of_orphan(current, table)
                path.append(current.pid)
                others.add(current.pid)
                if job is not None:
                    break
                current = _parent(current, table)
            if job is not None:
                members.update(dict.fromkeys(path, job))
                others.difference_update(path)

    def _job_of_orphan(self, orphan: Process, table: Table) -> Job | None:
        """Return the job that an orphan's label or former session names, if it is looked for."""
        start, job = self._labels.get(orphan.pid, (None, None))
        if start != orphan.start_ticks:
            job = self._label(orphan.pid)
            if job is not None:
                self._labels[orphan.pid] = (orphan.start_ticks, job)
        if job is None and orphan.session not in table:
            # Otherwise its leader is there and does not belong: the session is another one.
            job = self._sessions.get(orphan.session)
        return job if job in self._roots else None


def _is_same(process: Process | None, start_ticks: int) -> bool:
    """Return whether a pid still belongs to the process that had it before."""
    return process is not None and process.start_ticks == start_ticks


def _parent(process: Process, table: Table) -> Process | None:
    """Return the parent; none if its pid is by now that of a younger process."""
    parent = table.get(process.parent)
    if parent is None or parent.start_ticks > process.start_ticks:
        return None
    return parent
