"""Moments as people and programs read them, and parsed from what others have written.

Programs get ISO 8601 with its zone, as on the wire (`clock.utc_text`), in JSON, in the tables of
commands, and in logs. People read the time of their own zone: in lists to the second, in
sentences to the minute. The interface names that zone once (`zone_name`); a sentence that is read
elsewhere names it itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

_UNKNOWN = "?"


def read_moment(text: str | None) -> float | None:
    """Return seconds since 1970; None for what is not a moment, as other clients may write.

    A moment without a zone is in UTC, as the reference writes it.
    """
    try:
        stated = datetime.fromisoformat(text or "")
        return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def listed_moment(moment: float, now: float) -> str:
    """Return a moment as lists show it: "12-01 16:40:05", or "2025-12-01 16:40" of another year.

    Args:
        moment: Seconds since 1970; it may be one that no calendar has.
        now: The present moment.
    """
    then = _local(moment)
    if then is None:
        return _UNKNOWN
    today = _local(now)
    is_this_year = today is not None and then.year == today.year
    return f"{then:%m-%d %H:%M:%S}" if is_this_year else f"{then:%Y-%m-%d %H:%M}"


def said_moment(moment: float, now: float) -> str:
    """Return a moment as sentences say it: "16:40", or "12-01 16:40" of another day.

    Args:
        moment: Seconds since 1970; it may be one that no calendar has.
        now: The present moment.
    """
    then = _local(moment)
    if then is None:
        return _UNKNOWN
    today = _local(now)
    if today is not None and then.date() == today.date():
        return f"{then:%H:%M}"
    is_this_year = today is not None and then.year == today.year
    return f"{then:%m-%d %H:%M}" if is_this_year else f"{then:%Y-%m-%d %H:%M}"


def exact_time(moment: float) -> str:
    """Return the time of day to the second, where the day is known: "16:40:05".

    Args:
        moment: Seconds since 1970; it may be one that no calendar has.
    """
    then = _local(moment)
    return _UNKNOWN if then is None else f"{then:%H:%M:%S}"


def zoned_moment(moment: float, now: float) -> str:
    """Return a moment as sentences say it that may be read in another zone: "16:40 CET"."""
    return f"{said_moment(moment, now)} {zone_name(moment)}"


def iso_moment(moment: float) -> str:
    """Return a moment in local time with its zone, for programs: "2026-12-01T16:40:05.250+01:00".

    Args:
        moment: Seconds since 1970; it may be one that no calendar has.
    """
    then = _local(moment)
    return _UNKNOWN if then is None else then.isoformat(timespec="milliseconds")


def zone_name(moment: float) -> str:
    """Return what the local zone is called at a moment: "CET", or "UTC-03" where it has no name."""
    then = _local(moment)
    if then is None:
        return _UNKNOWN
    name = then.tzname() or ""
    return name if name.isalpha() else f"UTC{then:%z}".removesuffix("00")


def _local(moment: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(moment, tz=UTC).astimezone()
    except (OverflowError, OSError, ValueError):
        return None
