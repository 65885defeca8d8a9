"""What connections may take of the server's time and memory, and which are closed first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import nsmallest
from operator import itemgetter
from typing import Generic, TypeVar

from torc_server.settings import MEBIBYTE

C = TypeVar("C")

MAX_CONNECTIONS = 10_000
"""Each takes about 10 kB, so that all of them take 100 MB."""


class Phase(Enum):
    """What a connection is doing."""

    HEADER = "header"
    """Nothing has come yet, or a part of the header."""
    BODY = "body"
    """A part of the body is still to come."""
    ANSWER = "answer"
    """The request is complete. Streams and long polls may stay here as long as they like."""
    IDLE = "idle"
    """The response is complete, and no other request has begun."""
    CLOSING = "closing"
    """It is closed as soon as the client has taken what is left of the response."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one server."""

    connections: int
    per_peer: int
    request_s: float = 10
    """How long a header may take. The least rate of a body is looked at over twice this time."""
    body_rate: float = 500
    """Bytes of a body per second below which a client is not slow, but holding the connection."""
    idle_s: float = 75
    response_s: float = 60
    """How long a client may take nothing of its response."""
    header_bytes: int = 64 * 1024
    pipelined: int = 100
    """Requests of one connection that wait until the one before is answered."""
    unsent_bytes: int = 256 * MEBIBYTE
    """Memory for responses that their clients have not taken yet, of all connections."""


@dataclass(eq=False, slots=True)
class Entry(Generic[C]):
    """What is known of one connection. Times are seconds of a monotonic clock."""

    connection: C
    peer: str
    since: float
    """When the phase, or the present interval for the rate of a body, began."""
    phase: Phase = Phase.HEADER
    received: int = 0
    """Bytes of the body in the present interval."""
    unsent: int = 0
    """Bytes of the response that the client had not taken when last looked at."""
    unsent_since: float = 0
    """When the client last took something."""

    def enter(self, phase: Phase, now: float) -> None:
        """Begin a phase."""
        self.phase, self.since, self.received = phase, now, 0

    def note_unsent(self, size: int, now: float) -> None:
        """Note how much the client has not taken; less than before means that it reads."""
        if not self.unsent or size < self.unsent:
            self.unsent_since = now
        self.unsent = size


class Overdue(Enum):
    """Why a connection has had its time."""

    REQUEST = "the request did not arrive in time"
    IDLE = "no request came"
    RESPONSE = "the response was not read"


def overdue(entry: Entry[C], limits: Limits, now: float) -> Overdue | None:
    """Return why a connection has had its time; begins the next interval of a body."""
    elapsed = now - entry.since
    if entry.unsent and now - entry.unsent_since > limits.response_s:
        return Overdue.RESPONSE
    if entry.phase is Phase.HEADER and elapsed > limits.request_s:
        return Overdue.REQUEST
    if entry.phase is Phase.IDLE and elapsed > limits.idle_s:
        return Overdue.IDLE
    if entry.phase is Phase.BODY and elapsed > 2 * limits.request_s:
        if entry.received < limits.body_rate * elapsed:
            return Overdue.REQUEST
        entry.enter(Phase.BODY, now)
    return None


class Table(Generic[C]):
    """The open connections, by peer."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peers: dict[str, set[Entry[C]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry[C]]:
        return (entry for entries in self._peers.values() for entry in entries)

    def add(self, entry: Entry[C]) -> None:
        """Add a connection."""
        self._peers.setdefault(entry.peer, set()).add(entry)
        self._count += 1

    def remove(self, entry: Entry[C]) -> None:
        """Remove a connection, if it is there."""
        entries = self._peers.get(entry.peer, set())
        if entry in entries:
            entries.remove(entry)
            self._count -= 1
            if not entries:
                del self._peers[entry.peer]

    def is_full(self, peer: str) -> bool:
        """Return whether there is no room for another connection of a peer."""
        return self._of(peer) >= self._limits.per_peer or self._count >= self._limits.connections

    def make_room(self, peer: str, now: float) -> list[Entry[C]]:
        """Return which connections to close for another one of a peer; none if all are in use.

        A peer that has all that it may have makes room itself; else those with the most do. A few
        more than needed go, so that a flood does not cost a search per connection.
        """
        own = self._peers.get(peer, set())
        if len(own) >= self._limits.per_peer:
            candidates, limit = iter(own), self._limits.per_peer
        else:
            candidates, limit = iter(self), self._limits.connections
        ranked = (
            ((rank, -self._of(entry.peer), entry.received, entry.since), entry)
            for entry in candidates
            if (rank := self._rank(entry, now)) is not None
        )
        first = nsmallest(max(1, limit // 64), ranked, key=itemgetter(0))
        return [entry for _, entry in first]

    def _of(self, peer: str) -> int:
        return len(self._peers.get(peer, ()))

    def _rank(self, entry: Entry[C], now: float) -> int | None:
        """Return how early a connection is closed to make room; None for one in use.

        Closing those without a complete request loses nothing: clients that are served connect
        again. Uploads that have brought the least in their interval come last.
        """
        if entry.phase is Phase.HEADER:
            return 0
        if entry.phase is Phase.IDLE:
            return 1
        if entry.unsent and now - entry.unsent_since > self._limits.request_s:
            return 2
        return 3 if entry.phase is Phase.BODY else None


def to_relieve(entries: Collection[Entry[C]], budget: int) -> list[Entry[C]]:
    """Return which unread responses to give up, so that the others are within a budget of bytes.

    The peer with the most makes room, beginning with what has not been read for the longest time.
    One response is always allowed.
    """
    total = sum(entry.unsent for entry in entries)
    if total <= budget:
        return []
    by_peer: dict[str, int] = {}
    for entry in entries:
        by_peer[entry.peer] = by_peer.get(entry.peer, 0) + entry.unsent
    given_up = []
    for entry in sorted(entries, key=lambda one: (-by_peer[one.peer], one.unsent_since))[:-1]:
        if total <= budget:
            break
        total -= entry.unsent
        given_up.append(entry)
    return given_up
