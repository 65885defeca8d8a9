"""What commands print on stdout: tables for people, JSON for programs.

A command hands over records and never prints by itself, so both forms say the same. Lists are
written while they are read, a block at a time.

Hidden characters of data are made visible in tables. JSON has escapes for them, which mean the same
value to every reader; they are written whether or not it goes to a terminal, as what is in a file
is shown in a terminal later.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO, Protocol, TypeVar

import click
import msgspec

from torc_core.characters import escape_hidden_json, json_escape
from torc_core.masking import mask
from torc_core.model.status import COMPLETE, ending_of
from torc_tui.lists.listing import Column
from torc_tui.terminal import clean

T = TypeVar("T")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_DELETE = b"\x7f"

EMPTY: Mapping[str, object] = {}
GAP = "  "
BLOCK = 1_000
"""Records of a list that are written together; those of a table have the same widths."""


class Output(Protocol):
    """A way to print results."""

    is_json: bool

    def record(self, record: object, lines: Mapping[str, object] | None = None) -> None:
        """Print one record; people see `lines`, by default its fields."""
        ...

    def listing(
        self,
        name: str,
        records: Iterable[Any],
        columns: Sequence[Column],
        to_json: Callable[[Any], object] | None = None,
        members: Mapping[str, object] = EMPTY,
    ) -> None:
        """Print records, as a table or as `{name: [...], ...}`.

        Args:
            name: What they are.
            records: The records.
            columns: Of the table.
            to_json: Converts each for JSON.
            members: The other members of the JSON.
        """
        ...

    def envelope(
        self,
        name: str,
        records: Iterable[Any],
        columns: Sequence[Column],
        members: Callable[[int], Mapping[str, object]],
    ) -> None:
        """Print records, as a table or as `{"items": [...], ...}`.

        Args:
            name: What they are, for an empty table.
            records: The records.
            columns: Of the table.
            members: From the number of the records to the other members of the JSON.
        """
        ...

    def array(self, name: str, records: Iterable[Any], columns: Sequence[Column]) -> None:
        """Print records, as a table or as `[...]`."""
        ...

    def message(self, text: str, record: object) -> None:
        """Print a sentence, or what it says as a record."""
        ...

    def text(self, text: str = "") -> None:
        """Print lines for people; programs get nothing."""
        ...

    def data(self, record: object) -> None:
        """Print a record for programs; people get nothing, such as when an error follows."""
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
        records: Iterable[Any],
        columns: Sequence[Column],  # noqa: ARG002 - programs get every field
        to_json: Callable[[Any], object] | None = None,
        members: Mapping[str, object] = EMPTY,
    ) -> None:
        """Print all records under one key."""
        _write_items(name, map(to_json, records) if to_json else records)
        self._end(members)

    def envelope(
        self,
        name: str,  # noqa: ARG002 - it is always `items`
        records: Iterable[Any],
        columns: Sequence[Column],  # noqa: ARG002 - programs get every field
        members: Callable[[int], Mapping[str, object]],
    ) -> None:
        """Print the envelope of the HTTP interface."""
        self._end(members(_write_items("items", records)))

    def _end(self, members: Mapping[str, object]) -> None:
        """Write the rest of an object."""
        for key, value in members.items():
            _write(f",\n  {_json(key)}: " + _json(value).replace("\n", "\n  "))
        _write("\n}\n")

    def array(self, name: str, records: Iterable[Any], columns: Sequence[Column]) -> None:  # noqa: ARG002
        """Print all records."""
        _write_array(records)
        _write("\n")

    def message(self, text: str, record: object) -> None:  # noqa: ARG002
        """Print the record that the sentence is about."""
        _print_json(record)

    def text(self, text: str = "") -> None:
        """Print nothing."""

    def data(self, record: object) -> None:
        """Print the record."""
        _print_json(record)


class TableOutput:
    """Aligned text. Control characters in data are made visible."""

    is_json = False

    def record(self, record: object, lines: Mapping[str, object] | None = None) -> None:
        """Print names and values, one pair a line."""
        shown = lines if lines is not None else fields(record)
        names = list(map(clean, shown))
        width = max(map(len, names), default=0)
        _print_lines(
            f"{name:<{width}}{GAP}{_cell(value)}"
            for name, value in zip(names, shown.values(), strict=True)
        )

    def listing(
        self,
        name: str,
        records: Iterable[Any],
        columns: Sequence[Column],
        to_json: Callable[[Any], object] | None = None,  # noqa: ARG002 - people get the columns
        members: Mapping[str, object] = EMPTY,  # noqa: ARG002
    ) -> None:
        """Print a table; in a terminal the last column is cut at the edge.

        A column grows with a block that has wider values.
        """
        edge = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        head = [column.printed_heading for column in columns]
        widths = list(map(len, head))
        lines = [head]
        for block in _blocks(records):
            rows = [[_cell(column.value(record)) for column in columns] for record in block]
            widths = [
                max(width, *map(len, each)) for width, *each in zip(widths, *rows, strict=True)
            ]
            _print_lines(
                GAP.join(
                    f"{text:{'>' if column.is_number else '<'}{width}}"
                    for text, column, width in zip(row, columns, widths, strict=True)
                ).rstrip()[:edge]
                for row in chain(lines, rows)
            )
            lines = []
        if lines:
            _print_lines([f"No {name.replace('_', ' ')}."])

    def envelope(
        self,
        name: str,
        records: Iterable[Any],
        columns: Sequence[Column],
        members: Callable[[int], Mapping[str, object]],  # noqa: ARG002 - people get the columns
    ) -> None:
        """Print a table."""
        self.listing(name, records, columns)

    def array(self, name: str, records: Iterable[Any], columns: Sequence[Column]) -> None:
        """Print a table."""
        self.listing(name, records, columns)

    def message(self, text: str, record: object) -> None:  # noqa: ARG002
        """Print the sentence."""
        self.text(text)

    def text(self, text: str = "") -> None:
        """Print the lines."""
        _print_lines(map(clean, mask(text).split("\n")))

    def data(self, record: object) -> None:
        """Print nothing."""


def output_for(format_: str) -> Output:
    """Return the way to print that a format, `table` or `json`, names."""
    return JsonOutput() if format_ == "json" else TableOutput()


def print_text(text: str) -> None:
    """Print text for other programs as it is: a script, a document."""
    _write(text)


def json_line(value: object) -> str:
    """Return a value as JSON of one line in which escapes stand for what is hidden."""
    return escape_hidden_json(msgspec.json.encode(value).decode())


def _write_items(name: str, records: Iterable[Any]) -> int:
    """Write an object up to the end of its first member, the records; return their number."""
    return _write_array(records, f'{{\n  "{name}": ', depth=1)


def _print_lines(lines: Iterable[str]) -> None:
    click.echo("\n".join(lines))


def _print_json(value: object) -> None:
    _write(_json(value) + "\n")


def _write_array(records: Iterable[Any], head: str = "", *, depth: int = 0) -> int:
    """Write an array, a block at a time, and return how many items it has.

    Args:
        records: The items.
        head: What precedes it; not written if reading the first block fails.
        depth: The indentation level of its brackets.
    """
    line = "\n" + "  " * depth
    before, after, count = f"{head}[", f"{head}[]", 0
    for block in _blocks(records):
        items = _json(block).removeprefix("[").removesuffix("\n]")
        _write(before + (items.replace("\n", line) if depth else items))
        before, after, count = ",", line + "]", count + len(block)
    _write(after)
    return count


def _json(value: object) -> str:
    """Return a value as JSON in which escapes stand for what is hidden or cannot be encoded."""
    compact = msgspec.json.encode(value)
    if compact.isascii() and _DELETE not in compact:  # other controls are escaped by JSON itself
        return msgspec.json.format(compact, indent=2).decode()
    text = escape_hidden_json(compact.decode())
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = _NOT_ASCII.sub(lambda found: json_escape(found[0]), text)
    return msgspec.json.format(text, indent=2)


def _write(text: str) -> None:
    click.echo(text, nl=False)


def _blocks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while block := list(islice(rest, BLOCK)):
        yield block


def fields(record: object) -> dict[str, object]:
    """Return the lines that people see of a record."""
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


def status_lines(counts: Mapping[str, int] | None) -> dict[str, object]:
    """Return how many jobs are in each status that any is in, as lines below the total."""
    return {f"  {status}": number for status, number in (counts or {}).items() if number}


def completeness(is_complete: bool | None, counts: Mapping[str, int] | None) -> object:
    """Return whether nothing is left to run and, where jobs did not complete, that it is so."""
    ending = ending_of(counts)
    return is_complete if not is_complete or ending == COMPLETE else f"yes, it {ending}"


def copy_out(file: BinaryIO) -> None:
    """Write what a file holds to stdout, byte by byte as it is."""
    file.seek(0)
    shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
