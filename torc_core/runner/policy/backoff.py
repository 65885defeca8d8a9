"""How long to wait before a request is sent again: a failed one, or a look for work. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

FIRST_DELAY_S = 0.05
LAST_DELAY_S = 1.0
"""Completions wait for the reply, and other jobs for these: a server that is back is noticed within
this time, however long it was away."""


def retry_delay_s(failures: int, jitter: float) -> float:
    """Return the delay after so many failures of one request.

    Args:
        failures: 1 or more; the longest delay doubles with each, up to `LAST_DELAY_S`.
        jitter: From 0 to 1, the part of the longest delay: evenly spread, a thousand runners do not
            return at once.
    """
    return jitter * min(FIRST_DELAY_S * 2.0 ** min(failures - 1, 16), LAST_DELAY_S)


def looks_after_completion() -> Iterator[float]:
    """Yield the pauses before each look for work after a completion, for half a minute.

    A server that sends no news makes the jobs ready that depended on it a moment later: at once,
    or when it looks itself, every few seconds.
    """
    yield from (0.1, 0.2, 0.4, 0.8)
    yield from itertools.repeat(1.0, 30)
