"""The live processes of what a guard has started, wherever they went."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from torc_core.runner.guard.membership import Membership, Process
from torc_core.runner.guard.procfs import Scanner, read_variables

LABEL = "TORC_GUARD"
"""The variable that says whose process an orphan is: `GUARD/ID`."""


_OWN = 0
"""In place of an id: what the guard starts for itself."""


def label_of(guard: str, process_id: int = _OWN) -> str:
    """Return what a process has in its environment, and all that descends from it.

    Args:
        guard: The guard's name.
        process_id: The process; without it, what is not to be ended with processes of the runner.
    """
    return f"{guard}/{process_id}"


class Found(NamedTuple):
    """The live processes of what a guard has started."""

    trees: dict[int, list[Process]]
    """By id; only those that have some."""
    strays: list[Process]
    """Those (see `membership`) that are not too old to descend from one that runs or was ended."""


class Trees:
    """Finds the processes of each tree.

    Args:
        guard: The guard's name.
        reaper: Its pid: it is given the orphans.
    """

    def __init__(self, guard: str, reaper: int) -> None:
        self._guard = guard
        self._reaper = reaper
        self._scanner = Scanner(reaper)
        self._membership: Membership[int] = Membership(reaper, self._id_of)
        self._since: dict[int, int] = {}
        """Before each first process was started, in ticks since boot."""
        self._stopped_since: int | None = None
        """The same of the first that was ended while a stray may have been left of it."""

    def add(self, process_id: int, pid: int, since_ticks: int) -> None:
        """Look for what descends from a process, started no earlier than then, from now on."""
        self._membership.add(process_id, pid)
        self._since[process_id] = since_ticks

    def remove(self, process_id: int, *, was_ended: bool) -> None:
        """Forget a tree that is over.

        Args:
            process_id: Its first process.
            was_ended: Whether it was to leave nothing behind.
        """
        self._membership.remove(process_id)
        since = self._since.pop(process_id)
        if was_ended:
            self._stopped_since = min(since, self._stopped_since or since)

    def has_strangers(self, children: Collection[int]) -> bool:
        """Return whether the reaper has others than these children, so that trees may have orphans.

        Cheap, where the kernel lists children; otherwise it may have.
        """
        try:
            text = Path(f"/proc/{self._reaper}/task/{self._reaper}/children").read_text("ascii")
        except OSError:
            return True
        return any(int(pid) not in children for pid in text.split())

    def find(self) -> Found:
        """Look for the live processes of all trees.

        Raises:
            OSError: No file descriptor is left.
        """
        found = self._membership.update(self._scanner.scan())
        alive = {key: [each for each in tree if each.is_alive] for key, tree in found.items()}
        trees = {key: tree for key, tree in alive.items() if tree}
        if not self._membership.strays:
            self._stopped_since = None
        starts = [*self._since.values(), *filter(None, [self._stopped_since])]
        since = min(starts, default=0)
        strays = [each for each in self._membership.strays if each.start_ticks >= since]
        return Found(trees, strays)

    def _id_of(self, pid: int) -> int | None:
        guard, _, process_id = _label(pid).rpartition("/")
        return int(process_id) if guard == self._guard and process_id.isdecimal() else None


def labeled(guard: str, process_ids: Collection[int]) -> list[Process]:
    """Return the live processes of some trees, by label.

    For a guard that is gone: its orphans were given to another process.

    Raises:
        OSError: No file descriptor is left.
    """
    labels = {label_of(guard, each) for each in process_ids}
    if not labels:
        return []
    return [
        process
        for process in Scanner().scan().values()
        if process.is_alive and _label(process.pid) in labels
    ]


def _label(pid: int) -> str:
    found = read_variables(pid, [LABEL])
    return found[0] if found else ""
