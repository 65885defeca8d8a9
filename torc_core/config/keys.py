"""What the tables of the configuration hold, read from the structs that declare them."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec

from torc_core.config.bounds import Rule, Words

Path = tuple[str, ...]
"""The names that lead to a setting, such as `("client", "run", "num_cpus")`."""
NAME = "NAME"
"""Stands in a path for a name that users choose."""


class Variable(NamedTuple):
    """A variable of the environment that sets something, beside `TORC_TABLE__KEY`."""

    name: str
    read: Callable[[str], str | None] | None = None
    """What its value means; None if it says nothing to torc. By default the value itself."""
    is_fallback: bool = False
    """It counts only if nothing else sets the value; else it overrides `TORC_TABLE__KEY`."""


class Key(NamedTuple):
    """What a setting is, beside its type and its default."""

    meaning: str
    rule: Rule | None = None
    variables: tuple[Variable, ...] = ()
    example: object = None
    """A value for the file that is made for users, where there is no default."""
    unset: str = ""
    """What no value means."""
    is_secret: bool = False
    """Never shown, and taken from its own variables and options only."""
    unused: str = ""
    """Why it changes nothing here; empty if it does something."""

    @property
    def text(self) -> str:
        """The meaning, and whether it has any effect."""
        unused = f" It changes nothing: {self.unused}." if self.unused else ""
        return f"{self.meaning}{unused}"


class Field(NamedTuple):
    """A field of a table."""

    name: str
    kind: Any
    """The type of its value, without None."""
    default: Any
    """`msgspec.NODEFAULT` if the field is required."""
    key: Key
    """Empty for tables."""

    @property
    def is_required(self) -> bool:
        """Whether the table must have it."""
        return self.default is msgspec.NODEFAULT

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        if self.key.rule is not None:
            return self.key.rule.rule
        return "a list of tables" if listed_tables(self.kind) else _KINDS.get(self.kind, "a table")

    @property
    def default_text(self) -> str:
        """The default in words."""
        if self.is_required:
            return "required"
        if isinstance(self.default, bool):
            return str(self.default).lower()
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return self.key.unset or "none" if self.default in (None, (), {}) else str(self.default)

    def convert(self, value: object) -> Any:
        """Return a value of its type.

        Raises:
            ValueError: It is not allowed.
        """
        if isinstance(value, str):
            value.encode()  # a name of a file that is not UTF-8 cannot be stored
            if self.kind == tuple[str, ...]:
                value = re.findall(r"[^,\s]+", value)
            elif isinstance(self.key.rule, Words):
                value = value.lower()
        converted = msgspec.convert(value, self.kind, strict=False)
        if self.key.rule is not None and not self.key.rule.allow(converted):
            raise ValueError(self.rule)
        return converted


class Setting(NamedTuple):
    """A field and where it is."""

    path: Path
    field: Field

    @property
    def variable(self) -> str:
        """The variable of the environment that sets it."""
        return f"TORC_{'__'.join(self.path).upper()}"


_KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
}


def dotted(path: Path) -> str:
    """Return a path as users write it."""
    return ".".join(path)


def is_table(kind: Any) -> bool:
    """Return whether a value is a table with fields of its own."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def named_tables(kind: Any) -> type[msgspec.Struct] | None:
    """Return the type of the tables in a table whose names users choose."""
    return _item(kind, dict)


def listed_tables(kind: Any) -> type[msgspec.Struct] | None:
    """Return the type of the tables in a list of tables."""
    return _item(kind, tuple)


def _item(kind: Any, container: type) -> type[msgspec.Struct] | None:
    if typing.get_origin(kind) is not container:
        return None
    item = next((each for each in typing.get_args(kind) if is_table(each)), None)
    assert item is None or issubclass(item, msgspec.Struct)
    return item


@cache
def fields_of(table: type[msgspec.Struct]) -> dict[str, Field]:
    """Return the fields of a table by name."""
    return {field.name: _field(field) for field in msgspec.structs.fields(table)}


def _field(declared: msgspec.structs.FieldInfo) -> Field:
    kind, key = declared.type, Key("")
    if typing.get_origin(kind) is typing.Annotated:
        kind, key = typing.get_args(kind)
    if isinstance(kind, types.UnionType):
        (kind,) = (each for each in typing.get_args(kind) if each is not types.NoneType)
    default = declared.default
    if declared.default_factory is not msgspec.NODEFAULT:
        default = declared.default_factory()
    return Field(declared.name, kind, default, key)


def settings_of(table: type[msgspec.Struct], path: Path = ()) -> Iterator[Setting]:
    """Yield all settings below a table, those of its tables last; `NAME` is a name of the user."""
    inner = []
    for field in fields_of(table).values():
        here = (*path, field.name)
        if is_table(field.kind):
            inner.append((field.kind, here))
        elif tables := named_tables(field.kind):
            inner.append((tables, (*here, NAME)))
        else:
            yield Setting(here, field)
    for each, here in inner:
        yield from settings_of(each, here)
