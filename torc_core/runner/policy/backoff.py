"""How long to wait before a failed request is sent again. Pure."""

from __future__ import annotations

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
