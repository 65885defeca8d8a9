"""A server that has its database for itself: all others are kept out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from torc_server.storage.long_work.holders import new_server
from torc_server.storage.notify import Changes
from torc_server.storage.sqlite.driver import run


class Alone:
    """What is asked of one among several servers, answered by the only one."""

    def __init__(self) -> None:
        self.server = new_server()

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

    def gone(self, connection: Connection, servers: Collection[int]) -> set[int]:
        """Return all but this server: the others had the database before it."""
        del connection
        return set(servers) - {self.server}
