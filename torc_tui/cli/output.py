"""What commands print on stdout: tables for people, JSON for programs.

A command hands over records and never prints by itself, so both forms say the same.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import click
import msgspec

from torc_tui.lists.listing import Column
from torc_tui.terminal import clean

GAP = "  "


class Output(Protocol):
    """A way to print results."""

    is_json: bool

    def record(self, record: object, lines: Mapping[str, object] | None = None) -> None:
        """Print one record; people see `lines`, by default its fields."""
        ...

    def listing(self, name: str, records: Sequence[object], columns: Sequence[Column]) -> None:
        """Print records, as a table or as `{name: [...]}`."""
        ...

    def message(self, text: str, record: Mapping[str, object]) -> None:
        """Print a sentence, or what it says as a record."""
        ...


class JsonOutput:
    """JSON, indented by two as the reference does it."""

    is_json = True

    def record(self, record: object, lines: Mapping[str, object] | None = None) -> None:  # noqa: ARG002
        """Print the record."""
        _print_json(record)

    def listing(
        self,
        name: str,
        records: Sequence[object],
        columns: Sequence[Column],  # noqa: ARG002 - programs get every field
    ) -> None:
        """Print all records under one key."""
        _print_json({name: records})

    def message(self, text: str, record: Mapping[str, object]) -> None:  # noqa: ARG002
        """Print the record that the sentence is about."""
        _print_json(record)


class TableOutput:
    """Aligned text. Control characters in data are made visible."""

    is_json = False

    def record(self, record: object, lines: Mapping[str, object] | None = None) -> None:
        """Print names and values, one pair a line."""
        shown = lines if lines is not None else _fields(record)
        width = max(map(len, shown), default=0)
        _print_lines(f"{name:<{width}}{GAP}{_cell(value)}" for name, value in shown.items())

    def listing(
        self,
        name: str,
        records: Sequence[object],
        columns: Sequence[Column],
    ) -> None:
        """Print a table; in a terminal the last column is cut at the edge."""
        if not records:
            _print_lines([f"No {name.replace('_', ' ')}."])
            return
        rows = [[_cell(column.value(record)) for column in columns] for record in records]
        widths = [
            max(len(column.printed_heading), *(len(row[place]) for row in rows))
            for place, column in enumerate(columns)
        ]
        edge = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        _print_lines(
            GAP.join(
                f"{text:{'>' if column.is_number else '<'}{width}}"
                for text, column, width in zip(row, columns, widths, strict=True)
            ).rstrip()[:edge]
            for row in [[column.printed_heading for column in columns], *rows]
        )

    def message(self, text: str, record: Mapping[str, object]) -> None:  # noqa: ARG002
        """Print the sentence."""
        _print_lines(map(clean, text.split("\n")))


def _print_lines(lines: Iterable[str]) -> None:
    click.echo("\n".join(lines))


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _fields(record: object) -> dict[str, object]:
    plain = msgspec.to_builtins(record)
    assert isinstance(plain, dict)
    return {str(name).replace("_", " "): value for name, value in plain.items()}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, dict | list):
        return clean(msgspec.json.encode(value).decode())
    return clean(str(value))
