"""Starts that wait for the exit of another process: one behind each, so that they form chains."""

from __future__ import annotations

from collections.abc import Iterable

from torc_core.runner.guard.messages import Start


class StartQueue:
    """The starts that a guard was given ahead of time."""

    def __init__(self) -> None:
        self._behind: dict[int, Start] = {}
        """By the id of the process that has to exit first."""
        self._after: dict[int, int] = {}
        """The reverse: by the id of the one that waits."""

    def __contains__(self, process_id: int) -> bool:
        return process_id in self._after

    def add(self, command: Start) -> None:
        """Queue a start behind the process that it names, or behind another start."""
        self._behind[command.after] = command
        self._after[command.id] = command.after

    def has_next(self, process_id: int) -> bool:
        """Return whether a start waits for the exit of this process."""
        return process_id in self._behind

    def pop_next(self, process_id: int) -> Start | None:
        """Remove and return the start that waits for the exit of this process."""
        command = self._behind.pop(process_id, None)
        if command is not None:
            del self._after[command.id]
        return command

    def drop_behind(self, process_id: int) -> list[int]:
        """Drop all that waits for this process, directly or not; return the ids, the last first."""
        dropped: list[int] = []
        while (command := self.pop_next(process_id)) is not None:
            process_id = command.id
            dropped.append(process_id)
        return dropped[::-1]

    def drop(self, ids: Iterable[int]) -> list[int]:
        """Drop starts and all that waits for them; return the ids, of each chain the last first."""
        dropped: list[int] = []
        for process_id in ids:
            if process_id in self._after:
                dropped += self.drop_behind(self._after[process_id])
        return dropped

    def expiry(self) -> float | None:
        """Return until when the oldest start may wait; None if there is none."""
        return next((command.until for command in self._behind.values()), None)

    def drop_expired(self, now: float) -> list[int]:
        """Drop starts that have waited for too long, like `drop`."""
        expired: list[int] = []
        for command in self._behind.values():  # in the order in which they came
            if command.until > now:
                break
            expired.append(command.id)
        return self.drop(expired)

    def clear(self) -> None:
        """Drop everything."""
        self._behind.clear()
        self._after.clear()
