"""A server that has its database for itself: all others are kept out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from torc_server.storage.notify import Changes
from torc_server.storage.sqlite.driver import run


class Alone:
    """What is asked of one among several servers, answered by the only one."""

    is_alone = True

    def __init__(self) -> None:
        self._held: set[int] = set()
        """The tasks that the server works on."""

    def moment(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of a transaction: that of the one process that writes."""
        del connection
        return clock_ms

    def wall_ms(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of the one process that writes."""
        del connection
        return clock_ms

    def announce(self, connection: Connection, changes: Changes) -> None:
        """Do nothing: there is no other server."""

    def listen(self, heard: Callable[[Changes | None], None]) -> AbstractContextManager[None]:
        """Listen to nothing: no other server changes anything."""
        del heard
        return nullcontext()

    def state_of(self, connection: Connection) -> int:
        """Return SQLite's number of the state that the next statement would see."""
        number: int = run(connection, "PRAGMA data_version").fetchone()[0]
        return number

    def leads(self, connection: Connection) -> bool:
        """Return True: there is one server."""
        del connection
        return True

    def hold(self, connection: Connection, task_id: int) -> None:
        """Note that the server works on a task."""
        del connection
        self._held.add(task_id)

    def release(self, connection: Connection, task_id: int) -> None:
        """Note that the server works on a task no longer."""
        del connection
        self._held.discard(task_id)

    def is_abandoned(self, connection: Connection, task_id: int) -> bool:
        """Return whether an earlier server left a task."""
        del connection
        return task_id not in self._held
