"""Statements that are compiled once and then go to the driver as they are.

To find a row by its key takes 9 us so, and 30 us through SQLAlchemy: on hot paths that is most of
the server's time. A prepared statement is written in Core like any other, keeps the conversions of
its columns' types, and fails with SQLAlchemy's errors; its placeholders are SQLite's.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from sqlalchemy import BindParameter, Connection, Row
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Record = Row[*tuple[Any, ...]]
"""A row of whatever columns, which are its attributes."""

IDS = "ids"
"""The name of the one parameter that may stand for many values."""
_PIECE = 4_096
"""Ids per execution: SQLite allows 32,766 values."""
_DIALECT = SQLiteDialect_pysqlite()

_Convert = Callable[[Any], Any]


class Statement(Protocol):
    """A select, insert, update or delete."""

    @property
    def exported_columns(self) -> Any:
        """The columns of its rows, if it returns any."""

    def compile(self, **options: Any) -> Any:
        """Return its text and the places of its values."""


class _Place(NamedTuple):
    """A placeholder."""

    name: str
    constant: Any
    """Its value, unless each execution gives one."""
    is_given: bool
    convert: _Convert | None


class Prepared:
    """A statement with named parameters, for `ids` any number of values.

    An insert without values of its own names the columns that its rows give.
    """

    def __init__(self, statement: Statement, *columns: str) -> None:
        self._statement = statement
        self._column_keys = list(columns) or None
        self._texts: dict[int, str] = {}

    def all(self, conn: Connection, /, **values: Any) -> list[Any]:
        """Return the rows for these values."""
        return self._fetch(self._execute(conn, values))

    def first(self, conn: Connection, /, **values: Any) -> Any:
        """Return the first row for these values, or None."""
        return next(iter(self.all(conn, **values)), None)

    def all_of(self, conn: Connection, ids: Iterable[int | str], /, **values: Any) -> list[Any]:
        """Return the rows for these ids; none for no ids."""
        found: list[Any] = []
        for piece in _pieces(ids):
            found += self._fetch(self._execute(conn, values, piece))
        return found

    def run(self, conn: Connection, /, **values: Any) -> int:
        """Execute it and return how many rows it changed."""
        return self._execute(conn, values).rowcount

    def run_of(self, conn: Connection, ids: Iterable[int | str], /, **values: Any) -> None:
        """Execute it for these ids; nothing for no ids."""
        for piece in _pieces(ids):
            self._execute(conn, values, piece)

    def run_each(self, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Execute it once per row of values; nothing for no rows."""
        text, values = self._text(0), self._arrange_all(rows)
        _call(conn, text, lambda driver: driver.executemany(text, values))

    def _execute(
        self, conn: Connection, values: Mapping[str, Any], ids: Sequence[int | str] = ()
    ) -> sqlite3.Cursor:
        text, arranged = self._text(len(ids)), self._arrange(values, ids)
        return _call(conn, text, lambda driver: driver.execute(text, arranged))

    def _arrange(self, values: Mapping[str, Any], ids: Sequence[int | str]) -> list[Any]:
        """Return the values in the order of the placeholders."""
        arranged: list[Any] = []
        for name, constant, is_given, convert in self._places:
            if name == IDS:
                arranged += ids
                continue
            value = values[name] if is_given else constant
            arranged.append(value if convert is None else convert(value))
        return arranged

    def _arrange_all(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
        """Yield the same as `_arrange` for each row, sooner when every value is given."""
        if len(self._places) == 1 or not all(place.is_given for place in self._places):
            return (self._arrange(row, ()) for row in rows)
        picked = map(itemgetter(*(place.name for place in self._places)), rows)
        converts = [(at, p.convert) for at, p in enumerate(self._places) if p.convert]
        return (_converted(row, converts) for row in picked) if converts else picked

    def _fetch(self, cursor: sqlite3.Cursor) -> list[Any]:
        make, conversions = self._record
        if not conversions:
            return list(map(make, cursor))
        return [make(_converted(row, conversions)) for row in cursor]

    def _text(self, ids: int) -> str:
        """Return the statement with so many placeholders for the ids."""
        if ids not in self._texts:
            text = str(self._compiled)
            for name, bind in self._compiled.binds.items():
                if bind.expanding:
                    count = ids if name == IDS else len(bind.value or ())
                    marks = ", ".join("?" * count)
                    text = text.replace(f"__[POSTCOMPILE_{name}]", marks)
            self._texts[ids] = text
        return self._texts[ids]

    @cached_property
    def _compiled(self) -> SQLCompiler:
        compiled = self._statement.compile(dialect=_DIALECT, column_keys=self._column_keys)
        assert isinstance(compiled, SQLCompiler)
        return compiled

    @cached_property
    def _places(self) -> list[_Place]:
        return [
            place
            for name in self._compiled.positiontup or ()
            for place in _places_of(name, self._compiled.binds[name])
        ]

    @cached_property
    def _record(self) -> tuple[_Convert, list[tuple[int, _Convert]]]:
        """What makes a record of a row, and the conversions of its cells."""
        columns = list(self._statement.exported_columns)
        types = [column.type.dialect_impl(_DIALECT) for column in columns]
        converts = [type_.result_processor(_DIALECT, None) for type_ in types]
        record = namedtuple("Record", [column.key for column in columns], rename=True)  # type: ignore[misc] # noqa: PYI024
        return record._make, [(at, convert) for at, convert in enumerate(converts) if convert]


def _converted(row: Iterable[Any], conversions: Iterable[tuple[int, _Convert]]) -> list[Any]:
    cells = list(row)
    for at, convert in conversions:
        cells[at] = convert(cells[at])
    return cells


def _places_of(name: str, bind: BindParameter[Any]) -> list[_Place]:
    convert = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    if bind.expanding and name != IDS:
        return [_Place(name, value, is_given=False, convert=convert) for value in bind.value or ()]
    return [_Place(name, bind.value, bind.required, convert)]


def _call(
    conn: Connection, text: str, action: Callable[[sqlite3.Connection], sqlite3.Cursor]
) -> sqlite3.Cursor:
    """Execute something on the driver's connection, in a transaction as SQLAlchemy would."""
    if not conn.in_transaction():
        conn.begin()
    driver = conn.connection.driver_connection
    assert driver is not None
    try:
        return action(driver)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=conn.dialect) from error


def _pieces(ids: Iterable[int | str]) -> Iterator[list[int | str]]:
    """Yield the ids in lists whose lengths are powers of two, so that there are few texts.

    The last id fills a list up: naming it twice finds it once.
    """
    rest = iter(ids)
    while piece := list(islice(rest, _PIECE)):
        size = 1 << (len(piece) - 1).bit_length()
        yield piece + piece[-1:] * (size - len(piece))
