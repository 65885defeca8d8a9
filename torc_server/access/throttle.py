"""Who may have a password checked, and in which order. Pure: times are arguments.

Guessing is limited by user *and* peer together, so that no one can lock a user out by guessing: the
user's own machines are other peers. A peer has a limit for all users together. Guesses at one user
from many peers are not refused, but come after others. A password that was right before is not
subject to any of this (`Users`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from torc_server.turns import Rank

KEYS = 10_000
"""How many users, peers and pairs of them are remembered; the oldest are forgotten."""
_NAME = 256
"""Characters of a user's name that count."""

FIRST: Rank = (-1,)
"""The rank of a password that was right before."""


class TooManyAttemptsError(Exception):
    """A password is not checked; the same request may be repeated after `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = max(1, math.ceil(retry_after_s))


class Buckets:
    """Token buckets by key: `burst` at once, and then one every `every_s` seconds.

    A bucket is the time at which it will be full again (the generic cell rate algorithm).
    """

    def __init__(self, burst: float, every_s: float, *, keys: int = KEYS) -> None:
        self._burst = burst
        self._every_s = every_s
        self._keys = keys
        self._full_at: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def used(self, key: Hashable, now: float) -> int:
        """Return how many tokens are missing."""
        missing = max(0.0, self._full_at.get(key, now) - now) / self._every_s
        return math.ceil(round(missing, 6))  # returned tokens leave a rounding error

    def wait_s(self, key: Hashable, now: float) -> float:
        """Return the seconds until there is a token."""
        return max(0.0, self._full_at.get(key, now) - now - (self._burst - 1) * self._every_s)

    def take(self, key: Hashable, now: float) -> None:
        """Take a token."""
        self._full_at[key] = max(now, self._full_at.pop(key, now)) + self._every_s
        if len(self._full_at) > self._keys:
            del self._full_at[next(iter(self._full_at))]

    def give_back(self, key: Hashable) -> None:
        """Give a token back."""
        if key in self._full_at:
            self._full_at[key] -= self._every_s


@dataclass(frozen=True)
class Attempt:
    """A password that may be checked."""

    rank: Rank
    """Recent failures of user and peer together; whether no one has logged in from there; recent
    failures of the peer, and of the user from anywhere."""
    taken: tuple[tuple[Buckets, Hashable], ...]


class Throttle:
    """Counts attempts; those that turn out right, or are not checked, do not count."""

    def __init__(self) -> None:
        self._pairs = Buckets(10, 10)
        self._peers = Buckets(60, 2)
        self._users = Buckets(math.inf, 10)
        self._trusted: dict[str, None] = {}
        """Peers from which a user has logged in."""

    def begin(self, user: str, peer: str, now: float) -> Attempt:
        """Count an attempt as failed, until `take_back`.

        Raises:
            TooManyAttemptsError: Too many of that user from that peer, or of that peer, failed.
        """
        user = user[:_NAME]
        pair = (user, peer)
        failures = self._pairs.used(pair, now)
        # Guesses at a few users take nothing from other users of the same machine or proxy.
        of_peer = (peer, failures == 0)
        wait_s = max(self._pairs.wait_s(pair, now), self._peers.wait_s(of_peer, now))
        if wait_s > 0:
            raise TooManyAttemptsError(wait_s)
        untrusted = int(peer not in self._trusted)
        rank = (failures, untrusted, self._peers.used(of_peer, now), self._users.used(user, now))
        taken = ((self._pairs, pair), (self._peers, of_peer), (self._users, user))
        for buckets, key in taken:
            buckets.take(key, now)
        return Attempt(rank, taken)

    def trust(self, peer: str) -> None:
        """Note that a user has logged in from a peer."""
        self._trusted.pop(peer, None)
        self._trusted[peer] = None
        if len(self._trusted) > KEYS:
            del self._trusted[next(iter(self._trusted))]

    def take_back(self, attempt: Attempt) -> None:
        """Count an attempt no longer: the password was right, or was not checked."""
        for buckets, key in attempt.taken:
            buckets.give_back(key)
