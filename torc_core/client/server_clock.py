"""How far the clock of a server is from this machine's."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

TOLERANCE_S = 300.0
"""Up to so much goes without a warning."""


def clock_skew_s(date: str | None, now_s: float) -> float | None:
    """Return how far a server's clock is ahead, in seconds; negative if it is behind.

    Args:
        date: The header `Date` of a reply that has just come.
        now_s: The time here, in seconds since 1970.
    """
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).timestamp() - now_s
    except (ValueError, OverflowError):
        return None
