"""Numbers of things, memory sizes and durations as text, read and written in one place.

The formats are those of the reference: memory is an integer with one of the letters k, m, g, t
(powers of 1024, either case) or bare bytes; a duration is ISO 8601, where a year has 365.25 days
and a month 30.44, weeks are allowed and fractions of a second are dropped.
"""

from __future__ import annotations

import re

from torc_core.errors import UsageError

MAX_INTEGER = 2**63 - 1
"""The largest integer that the database and the wire carry."""

_MEMORY = re.compile(r"([0-9]{1,19})\s*([kmgt]?)", re.IGNORECASE | re.ASCII)
_MEMORY_FACTOR = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_MEMORY_UNIT = {"": "B", "k": "KiB", "m": "MiB", "g": "GiB", "t": "TiB"}

_NUMBER = r"([0-9]{1,12}(?:[.,][0-9]{1,9})?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.IGNORECASE | re.ASCII,
)
_TIME_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_DURATION_SECONDS = (31_557_600.0, 2_629_800.0, 604_800.0, 86_400.0, 3_600.0, 60.0, 1.0)


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, such as "1 job" or "2,000 jobs"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def parse_memory(text: str) -> int:
    """Return the bytes that a memory string such as "512m" or "2g" stands for.

    Raises:
        UsageError: Not an integer with an optional k, m, g or t, or beyond 2^63-1 bytes.
    """
    match = _MEMORY.fullmatch(text.strip())
    size = int(match[1]) * _MEMORY_FACTOR[match[2].lower()] if match else None
    if size is None or size > MAX_INTEGER:
        raise UsageError(
            f"{text!r} is not a memory size.",
            hint='Write a whole number and one of k, m, g, t, such as "512m" or "2g".',
            field="memory",
            value=text,
        )
    return size


def parse_node_memory(text: str) -> int:
    """Return the bytes of a size such as "64g" or "512m"; a number alone is in MB, as for Slurm.

    Raises:
        UsageError: It is not a size.
    """
    plain = text.strip()
    return parse_memory(f"{plain}m" if plain.isdecimal() else plain)


def parse_duration(text: str, *, field: str = "runtime") -> int:
    """Return the whole seconds that an ISO 8601 duration such as "PT30M" stands for.

    Args:
        text: The duration.
        field: Where it stands, for the error.

    Raises:
        UsageError: Not a duration, one without any part ("PT"), or beyond 2^63-1 seconds.
    """
    match = _DURATION.fullmatch(text.strip())
    parts = match.groups() if match else ()
    seconds = None
    if any(parts) and not text.strip().upper().endswith("T"):
        seconds = int(
            sum(
                float(part.replace(",", ".")) * unit
                for part, unit in zip(parts, _DURATION_SECONDS, strict=True)
                if part
            )
        )
    if seconds is None or seconds > MAX_INTEGER:
        raise UsageError(
            f"{text!r} is not a duration.",
            hint='Write ISO 8601, such as "PT30M" (30 minutes), "PT4H" or "P1DT12H".',
            field=field,
            value=text,
        )
    return seconds


def format_memory(text: str) -> str:
    """Return a memory string with its unit in full, "512 MiB" for "512m"; what is none as it is."""
    match = _MEMORY.fullmatch(text.strip())
    return text if match is None else f"{match[1]} {_MEMORY_UNIT[match[2].lower()]}"


def format_bytes(size: float) -> str:
    """Return a size for people, such as "1.5 GiB"."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def format_seconds(seconds: float) -> str:
    """Return a duration for people: "0.4s", "12s", "3m 05s", "2h 10m" or "3d 04h"."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3600:02d}h"


def format_duration(text: str) -> str:
    """Return an ISO 8601 duration for people, as `format_seconds` does; what is none as it is."""
    try:
        return format_seconds(parse_duration(text))
    except UsageError:
        return text


def say_duration(text: str) -> str:
    """Return an ISO 8601 duration in words, such as "1 hour 30 minutes"; what is none as it is."""
    try:
        seconds = parse_duration(text)
    except UsageError:
        return text
    parts = []
    for noun, size in _TIME_UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(counted(number, noun))
    return " ".join(parts) or "0 seconds"


def format_seconds_fully(seconds: float) -> str:
    """Return a duration to the second, as in the reference: "0.4s", "45m 30s" or "26h 0m 5s"."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minute}m {second}s"
    return f"{minute}m {second}s" if minute else f"{second}s"
