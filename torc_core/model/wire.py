"""The base of all wire types: how fields become JSON.

The reference leaves out fields that have no value, and writes all others, even those that have
their default. msgspec leaves out what equals a plain default; so a plain `= None` is left out when
it is None, while a default given by `stated` is always written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value as it stands on the wire: immutable, fields by keyword, those without value left out.

    Unknown fields are accepted, so that older and newer programs understand each other. Each
    subclass states `frozen` and `kw_only` again: msgspec hands on only the first, mypy wants both.
    """


def stated(value: Any) -> Any:
    """Return a default that is written on the wire even when it was not set."""
    return msgspec.field(default_factory=lambda: value)


def stated_fields(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the fields that a request states.

    Null is a value in a field that has to be there, and in one of an update whose default is
    `UNSET`, which it clears. In all others it states nothing, because clients write it without
    meaning it: those in Rust for the scheduler of every job that has none, and the Python ones
    since 0.22, when they send back what they have read, for all that the answer left out; in a list
    of jobs that is everything related to them. So a field may have `UNSET` only if no answer to a
    client that writes nulls ever leaves out a value of it.
    """
    counting = _null_counts(type(struct))
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if value is not UNSET and (value is not None or name in counting):
            yield name, value


@lru_cache(maxsize=256)
def _null_counts(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(
        field.name
        for field in msgspec.structs.fields(kind)
        if field.default is UNSET or field.required
    )


JsonText = str | dict[str, Any] | None
"""JSON that the 0.12 generation sends as text and the 0.35 generation as an object."""
