"""Keeps the connections of a server within the limits."""

from __future__ import annotations

import logging
from typing import Protocol

from torc_server.connections.limits import Entry, Limits, Overdue, Table, overdue, to_relieve

log = logging.getLogger(__name__)


class Guarded(Protocol):
    """A connection, as the guard sees it."""

    def look(self, now: float) -> None:
        """Bring the entry up to date."""

    def give_up(self, why: Overdue) -> None:
        """Close the connection, with a reply if one can be sent."""

    def abort(self) -> None:
        """Close the connection at once."""


class Guard:
    """Decides with `Table` and `overdue`, and closes what they name."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._table: Table[Guarded] = Table(limits)
        self._unread: set[Entry[Guarded]] = set()
        """Those whose clients are behind with reading."""

    def admit(self, entry: Entry[Guarded], now: float) -> bool:
        """Add a connection, for which others may have to go; return whether there is room."""
        if self._table.is_full(entry.peer):
            going = self._table.make_room(entry.peer, now)
            log.warning(
                "too many connections: %d are open, at most %d and %d from one address are allowed;"
                " %s, the last from %s",
                len(self._table),
                self.limits.connections,
                self.limits.per_peer,
                "unused ones are closed for new ones" if going else "new ones are refused",
                entry.peer,
            )
            for other in going:
                self.forget(other)
                other.connection.abort()
            if not going:
                return False
        self._table.add(entry)
        return True

    def forget(self, entry: Entry[Guarded]) -> None:
        """Remove a connection that is closed."""
        self._table.remove(entry)
        self._unread.discard(entry)

    def falls_behind(self, entry: Entry[Guarded], now: float) -> None:
        """Note that a client does not read as fast as the server writes."""
        self._unread.add(entry)
        for one in self._unread:
            one.connection.look(now)
        for one in to_relieve(self._unread, self.limits.unsent_bytes):
            log.warning(
                "responses that are not read take too much memory; gave up one to %s", one.peer
            )
            self._unread.discard(one)
            one.connection.abort()

    def catches_up(self, entry: Entry[Guarded], now: float) -> None:
        """Note that a client has read nearly all that was written."""
        self._unread.discard(entry)
        entry.connection.look(now)

    def sweep(self, now: float) -> None:
        """Close the connections that have had their time."""
        for entry in list(self._table):
            entry.connection.look(now)
            if why := overdue(entry, self.limits, now):
                if why is not Overdue.IDLE:
                    log.warning("closed a connection of %s: %s", entry.peer, why.value)
                entry.connection.give_up(why)
