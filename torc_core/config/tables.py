"""A table as it was read, compared with the struct that declares it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from torc_core.config.keys import (
    Field,
    Path,
    fields_of,
    is_table,
    listed_tables,
    named_tables,
    settings_of,
)
from torc_core.config.problems import unknown, wrong
from torc_core.config.schema import Configuration
from torc_core.masking import MASK


class Value(NamedTuple):
    """A value that is allowed."""

    path: Path
    value: Any
    field: Field


class Fault(NamedTuple):
    """A name or a value that is not."""

    path: Path
    text: str
    hint: str = ""


def read_table(
    table: object, kind: type[msgspec.Struct] = Configuration, path: Path = ()
) -> Iterator[Value | Fault]:
    """Yield every value in a table and the tables below it, and what is wrong."""
    if not isinstance(table, dict):
        yield Fault(path, wrong(path, table, "a table"))
        return
    fields = fields_of(kind)
    for name, value in table.items():
        here = (*path, name)
        if name in fields:
            yield from _read_value(value, fields[name], here)
        else:
            others = (setting.path for setting in settings_of(Configuration))
            yield Fault(here, *unknown(here, fields, others))


def missing(table: object, kind: type[msgspec.Struct], path: Path) -> Iterator[Fault]:
    """Yield what a table lacks."""
    assert isinstance(table, dict)
    for field in fields_of(kind).values():
        if field.is_required and field.name not in table:
            yield Fault(path, f"{'.'.join(path)} lacks {field.name}.", field.key.meaning)


def _read_value(value: object, field: Field, path: Path) -> Iterator[Value | Fault]:
    if is_table(field.kind):
        yield from read_table(value, field.kind, path)
    elif tables := named_tables(field.kind):
        if isinstance(value, dict):
            for name, each in value.items():
                yield from read_table(each, tables, (*path, name))
        else:
            yield Fault(path, wrong(path, value, "a table"))
    elif faults := list(_faults_in_list(value, field, path)):
        yield from faults
    else:
        try:
            yield Value(path, field.convert(value), field)
        except ValueError:  # msgspec's is one
            shown = MASK if field.key.is_secret else value
            yield Fault(path, wrong(path, shown, field.rule))


def _faults_in_list(value: object, field: Field, path: Path) -> Iterator[Fault]:
    kind = listed_tables(field.kind)
    if kind is None or not isinstance(value, list):
        return
    for number, table in enumerate(value, 1):
        here = (*path, str(number))
        faults = [each for each in read_table(table, kind, here) if isinstance(each, Fault)]
        yield from faults
        if isinstance(table, dict):
            yield from missing(table, kind, here)
