"""A few turns at a time; of those who wait, the best rank is next."""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from itertools import count

Rank = tuple[int, ...]
"""The lower, the sooner."""


class NoTurnError(Exception):
    """A turn did not come in time, or better ones took all places to wait."""


class Turns:
    """A semaphore with ranks.

    Args:
        at_once: How many have a turn at the same time.
        waiting: How many may wait; None for any number.
        patience_s: How long one may wait; None for ever.
        newest_first: Which of equal ranks is next. When more come than can be served, the newest
            first means that some are served at once; in order of arrival all would be too late.
    """

    def __init__(
        self,
        at_once: int,
        *,
        waiting: int | None = None,
        patience_s: float | None = None,
        newest_first: bool = False,
    ) -> None:
        self._free = at_once
        self._most = waiting
        self._patience_s = patience_s
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        """A heap; those who gave up stay in it until they are met."""
        self._arrivals = count(0, -1 if newest_first else 1)
        self._closed = False

    async def take(self, rank: Rank) -> None:
        """Wait for a turn, which `leave` ends.

        Raises:
            NoTurnError: There is none.
        """
        if self._closed:
            raise NoTurnError
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        heappush(self._waiting, (rank, next(self._arrivals), turn))
        self._refuse_too_many()
        timer = None
        if self._patience_s is not None:
            timer = loop.call_later(self._patience_s, _refuse, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it came at the same time
                self.leave()
            raise
        finally:
            if timer is not None:
                timer.cancel()
        if self._closed:  # since the turn came
            raise NoTurnError

    def leave(self) -> None:
        """End a turn: the best of those who wait is next."""
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Refuse all who wait, and all who come."""
        self._closed = True
        for _, _, turn in self._waiting:
            _refuse(turn)

    def _refuse_too_many(self) -> None:
        if self._most is None or len(self._waiting) <= self._most:
            return
        still = [one for one in self._waiting if not one[2].done()]
        if len(still) > self._most:
            worst = max(still)
            _refuse(worst[2])
            still.remove(worst)
        heapify(still)
        self._waiting = still


def _refuse(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(NoTurnError())
