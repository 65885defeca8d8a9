"""The common ground of all wire types: how fields meet JSON.

The reference leaves fields out that have no value, and writes every other field, also those that
have their default. msgspec leaves out what equals a plain default; so a plain `= None` is left out
when empty, while a default given by `stated` is always written.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value as it stands on the wire: immutable, fields by keyword, empty ones left out.

    Unknown fields are accepted, so that older and newer programs understand each other. Each
    subclass states `frozen` and `kw_only` again: msgspec hands on only the first, mypy wants both.
    """


def stated(value: Any) -> Any:
    """Return a default that is written out on the wire although nobody set it."""
    return msgspec.field(default_factory=lambda: value)


JsonText = str | dict[str, Any] | None
"""JSON that the 0.12 generation sends as text and the 0.35 generation as an object."""
