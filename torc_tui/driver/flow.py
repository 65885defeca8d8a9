"""How much may be on its way to the terminal, so that what comes next arrives soon.

Between a program and a terminal lie buffers that hold seconds of a slow line. Only the terminal
knows what has arrived, so it is asked where its cursor is. How much longer the answer takes behind
bytes than with nothing on its way tells what the line carries. Terminals that do not answer are
sent all there is.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

_FIRST_WINDOW = 4096
_LEAST_WINDOW = 512
_MOST_WINDOW = 1 << 16
_ON_THE_WAY_S = 0.25
"""What is on its way shall arrive within this time."""
_TELLING = 256
"""Bytes; the answer to less says little of the line."""
_REMEMBERED = 4
_SURE, _SURE_S = 1024, 0.1
"""Bytes, seconds; fewer that took less may have been kept waiting by something else."""
_ROUND_TRIP_HOLDS_S = 30.0
_ARRIVED_S = 1.0
"""The few bytes behind which nothing was asked have arrived after this time."""
_GRACE_S = 0.2
"""A terminal that has not answered by then is believed not to do so."""
_LOST_AFTER_S = 5.0
_SLOWEST = 800.0
"""Bytes per second that a line is thought to take at least, until it is measured."""


class _Asked(NamedTuple):
    at_s: float
    size: int
    """Bytes that were on their way, those sent before included."""


class Flow:
    """What was sent and what the terminal said of it; times are those of a monotonic clock."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._asked: deque[_Asked] = deque()
        self._since_asked = 0
        self._sent_s = -math.inf
        self._on_the_way: deque[int] = deque()
        self._answers = False
        self._round_trip_s: float | None = None
        """The time from a question to its answer on an empty line."""
        self._measured_s = -math.inf
        """When that was measured."""
        self._rates: deque[float] = deque(maxlen=_REMEMBERED)
        self._sure_rates: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def rate(self) -> float | None:
        """Bytes per second that the line is sure to take."""
        return max(self._sure_rates, default=None)

    @property
    def in_flight(self) -> int:
        """Bytes that are not known to have arrived."""
        return sum(self._on_the_way) + self._since_asked

    def budget(self, now_s: float) -> int | None:
        """Return how many bytes may be sent now; None is any number."""
        if not self._answers:
            is_early = bool(self._asked) and now_s < self._started_s + _GRACE_S
            return _FIRST_WINDOW - self.in_flight if is_early else None
        return self._window() - self.in_flight

    def _window(self) -> int:
        if not self._rates:
            return _FIRST_WINDOW
        return int(min(max(max(self._rates) * _ON_THE_WAY_S, _LEAST_WINDOW), _MOST_WINDOW))

    @property
    def is_waiting(self) -> bool:
        """Whether the terminal answers, and has not yet answered all."""
        return self._answers and bool(self._asked)

    @property
    def is_owed_a_question(self) -> bool:
        """Whether much was sent without asking, before the terminal was known to answer."""
        return self._answers and not self._asked and self._since_asked >= _TELLING

    def ask_ahead(self, now_s: float) -> bool:
        """Return whether to ask before what is sent now, for the time of an empty line."""
        self._forget_arrived(now_s)
        is_known = now_s < self._measured_s + _ROUND_TRIP_HOLDS_S
        if not self._answers or self.in_flight or self._asked or is_known:
            return False
        self._ask(now_s)
        return True

    def send(self, size: int, now_s: float) -> bool:
        """Count what is sent now; return whether to ask behind it."""
        self._forget_arrived(now_s)
        self._since_asked += size
        self._sent_s = now_s
        if not self._is_worth_asking():
            return False
        self._ask(now_s)
        return True

    def _forget_arrived(self, now_s: float) -> None:
        is_little = not self._asked and self._since_asked < _TELLING
        if self._answers and is_little and now_s >= self._sent_s + _ARRIVED_S:
            self._since_asked = 0

    def _ask(self, now_s: float) -> None:
        self._asked.append(_Asked(now_s, self.in_flight))
        self._on_the_way.append(self._since_asked)
        self._since_asked = 0

    def _is_worth_asking(self) -> bool:
        if not self._answers:
            return not self._asked and not self._on_the_way
        return self._since_asked >= _TELLING

    def answer(self, now_s: float) -> None:
        """Take in that the terminal has answered the oldest question."""
        if not self._asked:
            return
        asked = self._asked.popleft()
        self._on_the_way.popleft()
        took_s = now_s - asked.at_s
        self._answers = True
        if not asked.size:
            self._round_trip_s, self._measured_s = took_s, now_s
        elif self._round_trip_s is not None:
            self._round_trip_s = min(self._round_trip_s, took_s)
        if asked.size >= _TELLING:
            self._note(asked.size, max(took_s - (self._round_trip_s or 0.0), 0.005))

    def _note(self, size: int, took_s: float) -> None:
        """Take in that the line took so long for so many bytes."""
        self._rates.append(size / took_s)
        if self._round_trip_s is not None and (size >= _SURE or took_s >= _SURE_S):
            self._sure_rates.append(size / took_s)

    def wakes_in_s(self, now_s: float) -> float | None:
        """Return when to ask for the budget again though nothing was answered."""
        if not self._answers:
            rest_s = self._started_s + _GRACE_S - now_s
            return rest_s if self._asked and rest_s > 0 else None
        if not self._asked:
            return None
        return max(self._asked[0].at_s + self._patience_s() - now_s, 0.0)

    def give_up_lost(self, now_s: float) -> None:
        """Take a terminal that does not answer any more for one that never does."""
        if self._answers and self._asked and now_s >= self._asked[0].at_s + self._patience_s():
            self._answers = False
            self._asked.clear()
            self._on_the_way.clear()

    def _patience_s(self) -> float:
        return _LOST_AFTER_S + 4 * self._asked[0].size / max(self._rates, default=_SLOWEST)
