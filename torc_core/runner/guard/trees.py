"""The live processes of what a guard has started, wherever they went."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from torc_core.runner.guard.membership import Membership, Process
from torc_core.runner.guard.procfs import Scanner, read_variables

LABEL = "TORC_GUARD"
"""The variable that tells whose process an orphan is: `GUARD/ID`."""


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
    """What may descend from any of them: see `membership`, but what is older than all of these."""


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

    def add(self, process_id: int, pid: int, since_ticks: int) -> None:
        """Look for what descends from a process, started no earlier than then, from now on."""
        self._membership.add(process_id, pid)
        self._since[process_id] = since_ticks

    def remove(self, process_id: int) -> None:
        """Forget a tree that is over."""
        self._membership.remove(process_id)
        del self._since[process_id]

    def has_strangers(self, children: Collection[int]) -> bool:
        """Return whether the reaper has others than these children, so that trees may have orphans.

        Cheap, where the kernel tells; otherwise it may have.
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
        since = min(self._since.values(), default=0)
        strays = [each for each in self._membership.strays if each.start_ticks >= since]
        return Found(trees, strays)

    def _id_of(self, pid: int) -> int | None:
        guard, _, process_id = _label(pid).rpartition("/")
        return int(process_id) if guard == self._guard and process_id.isdecimal() else None


def labeled(guard: str) -> list[Process]:
    """Return the live processes that a guard has started, and what descends from them, by label.

    For a guard that is gone: its orphans were given to another process.

    Raises:
        OSError: No file descriptor is left.
    """
    return [
        process
        for process in Scanner().scan().values()
        if process.is_alive and _is_job(guard, _label(process.pid))
    ]


def _is_job(guard: str, label: str) -> bool:
    return label.startswith(f"{guard}/") and label != label_of(guard)


def _label(pid: int) -> str:
    found = read_variables(pid, [LABEL])
    return found[0] if found else ""
