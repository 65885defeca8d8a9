"""A server that has its database for itself: all others are kept out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from torc_server.storage.long_work.holders import new_server
from torc_server.storage.notify import Changes
from torc_server.storage.sqlite.changes import TableChanges


class Alone:
    """What is asked of one among several servers, answered by the only one."""

    def __init__(self) -> None:
        self.server = new_server()
        self.changes = TableChanges()

    def moment(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of a transaction: that of the one process that writes."""
        self.changes.begin(connection)
        return clock_ms

    def wall_ms(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of the one process that writes."""
        del connection
        return clock_ms

    def announce(self, connection: Connection, changes: Changes) -> None:
        """Note what this server is about to commit: there is no other."""
        del changes
        self.changes.commit(connection)

    def end(self) -> None:
        """Note that a transaction is over."""
        self.changes.end()

    def listen(self, heard: Callable[[Changes | None], None]) -> AbstractContextManager[None]:
        """Listen to nothing: no other server changes anything."""
        del heard
        return nullcontext()

    def leads(self, connection: Connection) -> bool:
        """Return True: there is one server."""
        del connection
        return True

    def gone(self, connection: Connection, servers: Collection[int]) -> set[int]:
        """Return all but this server: the others had the database before it."""
        del connection
        return set(servers) - {self.server}

    def measure_tables(self, connection: Connection) -> None:
        """Do nothing: statements are planned by their indexes."""
        del connection
