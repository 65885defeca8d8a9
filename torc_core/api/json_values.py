"""Values of Python programs as JSON: what JSON cannot hold is refused. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from torc_core.errors import UsageError
from torc_core.units import MAX_INTEGER

MAX_DEPTH = 90
"""How deep lists and objects may be nested: the server takes 100 levels, the record included."""

_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


def encode(value: Any, name: str) -> msgspec.Raw:
    """Return the JSON text of a value; tuples become lists.

    Args:
        value: The value.
        name: What it is, for the error.

    Raises:
        UsageError: Something in it is no JSON, or no server takes it; the message says where.
    """
    for problem in _problems(value, name, 0):
        raise UsageError(
            problem,
            hint="Use numbers, texts, lists, and dictionaries with texts as keys.",
        )
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return msgspec.Raw(text.encode())


def _problems(value: Any, place: str, depth: int) -> Iterator[str]:
    """Yield what is wrong with a value and with those in it."""
    if depth > MAX_DEPTH:
        yield f"{place} is nested too deeply: {MAX_DEPTH} levels are possible."
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{place} has the key {key!r}, which is not text."
            elif problem := _problem(key):
                yield f"The key {key!r} of {place} {problem}."
            yield from _problems(item, f"{place}[{key!r}]", depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _problems(item, f"{place}[{index}]", depth + 1)
    elif problem := _problem(value):
        yield f"{place} {problem}."


def _problem(value: Any) -> str | None:
    """Return what is wrong with a value that holds no others."""
    match value:
        case None | bool():
            return None
        case str() if unsendable := _UNSENDABLE.search(value):
            return f"contains the character {unsendable[0]!r}"
        case float() if not math.isfinite(value):
            return f"is {value}, which JSON does not have"
        case int() if not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
            return "is a number of more than 64 bits"
        case str() | float() | int():
            return None
    return f"is no JSON: its type is {type(value).__name__}"
