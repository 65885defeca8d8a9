"""How long to wait before a failed request is sent again. Pure."""

from __future__ import annotations

FIRST_DELAY_S = 0.05
LAST_DELAY_S = 2.0


def retry_delay_s(failures: int, jitter: float) -> float:
    """Return the delay after so many failures of one request.

    Args:
        failures: 1 or more; the delay doubles with each, up to `LAST_DELAY_S`.
        jitter: From 0 to 1: takes up to half off, so that many runners do not return at once.
    """
    delay_s = min(FIRST_DELAY_S * 2.0 ** min(failures - 1, 16), LAST_DELAY_S)
    return delay_s * (1 - jitter / 2)
