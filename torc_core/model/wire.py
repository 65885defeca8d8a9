"""The base of all wire types: how fields become JSON.

The reference leaves out fields that have no value, and writes all others, even those that have
their default. msgspec leaves out what equals a plain default; so a plain `= None` is left out when
it is None, while a default given by `stated` is always written.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value as it stands on the wire: immutable, fields by keyword, those without value left out.

    Unknown fields are accepted, so that older and newer programs understand each other. Each
    subclass states `frozen` and `kw_only` again: msgspec hands on only the first, mypy wants both.
    """


def stated(value: Any) -> Any:
    """Return a default that is written on the wire even when it was not set."""
    return msgspec.field(default_factory=lambda: value)


JsonText = str | dict[str, Any] | None
"""JSON that the 0.12 generation sends as text and the 0.35 generation as an object."""
