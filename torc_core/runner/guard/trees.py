"""The live processes of what a guard has started, wherever they went."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from torc_core.runner.guard.membership import Membership, Process
from torc_core.runner.guard.procfs import Scanner, read_variables

LABEL = "TORC_GUARD"
"""The variable that tells whose process an orphan is: `GUARD/ID`."""


def label_of(guard: str, process_id: int) -> str:
    """Return what a process has in its environment, and all that descends from it."""
    return f"{guard}/{process_id}"


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

    def add(self, process_id: int, pid: int) -> None:
        """Look for what descends from a process from now on."""
        self._membership.add(process_id, pid)

    def remove(self, process_id: int) -> None:
        """Forget a tree that is over."""
        self._membership.remove(process_id)

    def has_strangers(self, children: Collection[int]) -> bool:
        """Return whether the reaper has others than these children, so that trees may have orphans.

        Cheap, where the kernel tells; otherwise it may have.
        """
        try:
            text = Path(f"/proc/{self._reaper}/task/{self._reaper}/children").read_text("ascii")
        except OSError:
            return True
        return any(int(pid) not in children for pid in text.split())

    def members(self) -> dict[int, list[Process]]:
        """Return the live processes of every tree that has some.

        Raises:
            OSError: No file descriptor is left.
        """
        found = self._membership.update(self._scanner.scan())
        alive = {key: [each for each in tree if each.is_alive] for key, tree in found.items()}
        return {key: tree for key, tree in alive.items() if tree}

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
        if process.is_alive and _label(process.pid).startswith(f"{guard}/")
    ]


def _label(pid: int) -> str:
    found = read_variables(pid, [LABEL])
    return found[0] if found else ""
