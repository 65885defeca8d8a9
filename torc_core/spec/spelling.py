"""Numbers that remember how they were written.

A value of a parameter appears in names and commands as it stands in the file: 001, 1.10 and 12e4
are not 1, 1.1 and 120000.0. Everywhere else a number is a number. So readers return numbers with
their spelling where it says more than the number, and all fields but parameters get plain ones.
"""

from __future__ import annotations

import math
import re
from typing import Any

_DECIMAL = re.compile(
    r"[-+]?(?:[0-9][0-9_]*(?:\.(?:[0-9][0-9_]*)?)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]{1,9})?",
    re.ASCII,
)
_BASED = re.compile(
    r"([-+]?)0([xX][0-9a-fA-F][0-9a-fA-F_]*|[oO][0-7][0-7_]*|[bB][01][01_]*)", re.ASCII
)
_BASES = {"x": 16, "o": 8, "b": 2}
_MAX_DIGITS = 400
_PARAMETERIZED_SECTIONS = ("jobs", "files", "user_data")


class SpelledInt(int):
    """A whole number and its spelling."""

    spelling: str


class SpelledFloat(float):
    """A number and its spelling."""

    spelling: str


def spelled(number: float, spelling: str) -> int | float:
    """Return a number with its spelling, or as it is if that is how it would be shown anyway."""
    if repr(number) == spelling and "e" not in spelling:
        return number
    kind = SpelledInt if isinstance(number, int) else SpelledFloat
    found = kind(number)
    found.spelling = spelling
    return found


def spelled_int(spelling: str) -> int | float:
    """Return the whole number that a text in decimal digits is."""
    return spelled(int(spelling), spelling)


def spelled_float(spelling: str) -> int | float:
    """Return the number that a text is."""
    return spelled(float(spelling), spelling)


def is_number(text: str) -> bool:
    """Return whether a text is a number in any of the formats."""
    return len(text) <= _MAX_DIGITS and bool(_DECIMAL.fullmatch(text) or _BASED.fullmatch(text))


def number_in(text: str) -> int | float | None:
    """Return the number that a text is, None if it is none or too large to be calculated with."""
    if not is_number(text):
        return None
    digits = text.replace("_", "")
    based = _BASED.fullmatch(digits)
    if based:
        return int(based[1] + based[2][1:], _BASES[based[2][0].lower()])
    if digits.lstrip("+-").isdigit():
        return int(digits)
    return number if math.isfinite(number := float(digits)) else None


def plain_numbers(tree: Any) -> Any:
    """Return a file's content in which only values of parameters know how they are written."""
    if type(tree) is not dict:
        return tree
    plain = dict(tree)
    for key, value in tree.items():
        if key in _PARAMETERIZED_SECTIONS and type(value) is list:
            plain[key] = [_plain_fields(entry) for entry in value]
        elif key != "parameters":
            plain[key] = _without_spellings(value)
    return plain


def _plain_fields(entry: Any) -> Any:
    if type(entry) is not dict:
        return _without_spellings(entry)
    return {
        key: value if type(value) is str or key == "parameters" else _without_spellings(value)
        for key, value in entry.items()
    }


def _without_spellings(value: Any) -> Any:
    """Return data with plain numbers; what has none with a spelling is returned as it is."""
    kind = type(value)
    if kind is SpelledInt:
        return int(value)
    if kind is SpelledFloat:
        return float(value)
    if kind is list:
        items = [item if type(item) is str else _without_spellings(item) for item in value]
        return value if all(map(_same, items, value)) else items
    if kind is dict:
        entries = {key: _without_spellings(item) for key, item in value.items()}
        return value if all(map(_same, entries.values(), value.values())) else entries
    return value


def _same(a: object, b: object) -> bool:
    return a is b
