"""Where the values of a file stand, for files made of mappings and lists."""

from __future__ import annotations

from enum import Enum, auto

import msgspec


class Kind(Enum):
    """What stands somewhere."""

    MAPPING = auto()
    SEQUENCE = auto()
    SCALAR = auto()
    ALIAS = auto()
    """A YAML alias: what it repeats stands elsewhere."""


class Node(msgspec.Struct, kw_only=True):
    """A value and its place."""

    kind: Kind
    start: int
    end: int
    """Behind its last character; a block of YAML ends with the last value in it."""
    is_flow: bool = False
    """Between brackets, as everything in JSON."""
    keys: list[Key] = []
    """Of a mapping."""
    values: list[Node] = []
    """Of a mapping, one for each key, or of a sequence."""

    def find(self, name: str) -> int | None:
        """Return the position of a key; None if the mapping does not have it itself."""
        return next((i for i, key in enumerate(self.keys) if key.name == name), None)

    def get(self, name: str) -> Node | None:
        """Return the value of a key; None if the mapping does not have it itself."""
        position = self.find(name)
        return None if position is None else self.values[position]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a mapping and its place."""

    name: str
    start: int
    end: int
    is_bare: bool
    """Without quotes."""


DEPTH = 3
"""Levels that are kept: the workflow, its sections, their entries and the values of these."""
