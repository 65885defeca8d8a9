"""Memory and runtimes as texts for requirements, rounded to amounts that people would write.

What is needed is rounded up: to a whole number of the largest unit with which that adds a fifth at
most. Limits are rounded down, by a fiftieth at most. Memory keeps its unit if that is possible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torc_core.errors import UsageError
from torc_core.units import MAX_INTEGER

_MOST_ADDED = 1.2
_MOST_LOST = 1.02
_MEMORY_UNITS = {"t": 1024**4, "g": 1024**3, "m": 1024**2, "k": 1024, "": 1}
"""From the largest down; without a letter these are bytes."""
_HOUR_S = 3_600
_DAY_S = 86_400


def memory_like(original: str, size: float) -> str:
    """Return a text for at least `size` bytes, in the unit of another text such as "2g".

    Raises:
        UsageError: So much cannot be stored.
    """
    present = _MEMORY_UNITS.get(original.strip().lower()[-1:], 1)
    letters = {factor: letter for letter, factor in _MEMORY_UNITS.items() if factor <= present}
    unit = _round_unit(size, list(letters))
    return f"{_whole(size, unit) // unit}{letters[unit]}"


def runtime_like(original: str, seconds: float) -> str:
    """Return an ISO 8601 duration of at least `seconds`; with days only if another one has them.

    Raises:
        UsageError: So much cannot be stored.
    """
    unit = _round_unit(seconds, [3_600] if seconds >= _DAY_S else [60, 1])
    return _duration(original, _whole(seconds, unit))


def memory_within(original: str, size: int) -> str:
    """Return a text for at most `size` bytes, and little less, in the unit of another text."""
    present = _MEMORY_UNITS.get(original.strip().lower()[-1:], 1)
    for letter, factor in _MEMORY_UNITS.items():
        whole = size // factor
        if factor <= present and whole * factor * _MOST_LOST >= size:
            return f"{whole}{letter}"
    return str(size)


def runtime_within(original: str, seconds: int) -> str:
    """Return an ISO 8601 duration of at most `seconds`, and little less."""
    return _duration(original, seconds - seconds % 60 if seconds >= _HOUR_S else seconds)


def _duration(original: str, left: int) -> str:
    days = 0
    if "D" in original.upper():
        days, left = divmod(left, _DAY_S)
    minutes, second = divmod(left, 60)
    hour, minute = divmod(minutes, 60)
    parts = ((hour, "H"), (minute, "M"), (second, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    date = f"{days}D" if days else ""
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"


def _round_unit(amount: float, units: Sequence[int]) -> int:
    """Return the largest unit of which a whole number is close to the amount."""
    for unit in units:
        if _count(amount, unit) * unit <= _MOST_ADDED * amount:
            return unit
    return units[-1]


def _count(amount: float, unit: int) -> int:
    return math.ceil(amount / unit * (1 - 1e-12))  # 70 times 1.1 is a little above 77


def _whole(amount: float, unit: int) -> int:
    whole = _count(amount, unit) * unit
    if whole > MAX_INTEGER:
        raise UsageError(
            f"{amount:.3g} is too much for requirements: at most {MAX_INTEGER:,} can be stored.",
            hint="Choose a smaller multiplier.",
        )
    return whole
