"""Lengths of the texts in a body, by the limits of their fields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from torc_core.errors import UsageError
from torc_core.limits import limit_of

FREE_JSON = frozenset({"execution_config", "metadata", "resource_monitor_config", "slurm_defaults"})
"""Fields of JSON that some clients write as a text. As free JSON has none, they have no limit."""


def check_lengths(body: Any) -> None:
    """Refuse a text that is too long.

    Args:
        body: A struct, a list of them, or anything else, which has no fields.

    Raises:
        UsageError: There is one.
    """
    for place, length, limit in _too_long(body, ""):
        raise UsageError(
            f"{place} has {length:,} characters; at most {limit:,} are allowed.",
            hint="Shorten it, or keep it in a file and name that.",
            field=place,
            length=length,
            limit=limit,
        )


def _too_long(value: Any, place: str) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            if not isinstance(item, msgspec.Struct):
                return
            yield from _too_long(item, f"{place}[{number}]")
    elif isinstance(value, msgspec.Struct):
        prefix = f"{place}." if place else ""
        for name, limit in _limits(type(value)):
            field = getattr(value, name)
            if isinstance(field, str):
                if len(field) > limit:
                    yield f"{prefix}{name}", len(field), limit
            elif isinstance(field, list | msgspec.Struct):
                yield from _too_long(field, f"{prefix}{name}")


@lru_cache(maxsize=256)
def _limits(kind: type[msgspec.Struct]) -> tuple[tuple[str, int], ...]:
    """Return the fields of a type that may hold texts or structs, each with the limit of a text."""
    kept = (inspect.IntType, inspect.BoolType, inspect.FloatType)
    return tuple(
        (field.name, limit_of(field.encode_name))
        for field in inspect.type_info(kind).fields  # type: ignore[attr-defined] # of a struct
        if not isinstance(field.type, kept) and field.encode_name not in FREE_JSON
    )
