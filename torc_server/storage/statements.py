"""Statements that are compiled once and then go to the driver as they are.

To find a row by its key takes 3 us so, and 14 us through SQLAlchemy: on hot paths that is most of
the server's time. A prepared statement is written in Core like any other, is compiled by the
dialect of the connection that it first meets, keeps the conversions of its columns' types, and
fails with SQLAlchemy's errors. Its dialect has to place values by position (`?` or `%s`).

Columns are named twice. Where a statement is written, `table.c.misspelt` fails when its module is
imported. Where a row is read, mypy knows the columns if the statement declares its rows, as in
`Prepared(select(tables.job), rows=JobRow)`. Rows of whole tables, which go from function to
function, are declared; those of three columns that are used on the next line are not worth a class.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, overload

from sqlalchemy import BindParameter, Connection, Dialect, Float, Insert, Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Record = Row[*tuple[Any, ...]]
"""A row, with its columns as attributes."""

IDS = "ids"
"""The name of the one parameter that may stand for many values."""
PIPELINE = "pipeline"
"""The key in `Connection.info` of the connection's `Pipeline`, if its driver has such."""
FIRST = "first"
"""The key of what each transaction reads first, a text and its values, in such a connection."""
FIRST_ROWS = "first rows"
"""The key of the rows, which came with the answer to the begin of the transaction."""
_PIECE = 4_096
"""Ids per execution: SQLite allows 32,766 values, PostgreSQL 65,535."""
_ROWS = 64
"""Rows that are inserted by one execution at most, where each is a message to the database."""

RowT = TypeVar("RowT")
_Convert = Callable[[Any], Any]


class Statement(Protocol):
    """A select, insert, update or delete."""

    @property
    def exported_columns(self) -> Any:
        """The columns of its rows, if it returns any."""

    def compile(self, **options: Any) -> Any:
        """Return its text and the places of its values."""


class Cursor(Protocol):
    """What is used of a driver's cursor: sqlite3's and psycopg's have it."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def execute(self, text: str, values: Sequence[Any], /) -> object:
        """Execute a statement."""

    def executemany(self, text: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Execute a statement once per row of values."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Iterate over the rows."""


Rows = Cursor | Iterable[tuple[Any, ...]]


class Pipeline(Protocol):
    """Lets statements be sent before the results of others are there."""

    def enter(self, driver: Any) -> None:
        """Do so from now on."""

    def settle(self) -> None:
        """Wait for all results; the error is that of the first statement that failed."""


class _Place(NamedTuple):
    """A placeholder."""

    name: str
    constant: Any
    """Its value, unless each execution gives one."""
    is_given: bool
    convert: _Convert | None


class Prepared(Generic[RowT]):
    """A statement with named parameters, for `ids` any number of values.

    An insert without values of its own names the columns that its rows give.

    Args:
        statement: The statement.
        *columns: The columns of an insert.
        rows: A class whose annotations are columns of the rows: for the type checker, and compared
            with the statement when it is compiled. The rows themselves are named tuples.
    """

    @overload
    def __init__(self: Prepared[Any], statement: Statement, *columns: str) -> None: ...

    @overload
    def __init__(self, statement: Statement, *, rows: type[RowT]) -> None: ...

    def __init__(self, statement: Statement, *columns: str, rows: type[RowT] | None = None) -> None:
        self._statement = statement
        self._column_keys = list(columns) or None
        self._declared = frozenset(rows.__annotations__ if rows else ())
        self._forms: dict[str, Form] = {}
        """By name of the dialect."""

    def all(self, conn: Connection, /, **values: Any) -> list[RowT]:
        """Return the rows for these values."""
        form = self._form(conn)
        return form.fetch(execute(conn, form.text(0), form.arrange(values, ())))

    def all_first(self, conn: Connection, /, **values: Any) -> list[RowT]:
        """Return the rows, as the first that each transaction reads, always for these values."""
        rows = conn.info.pop(FIRST_ROWS, None)
        if rows is not None:
            return self._form(conn).fetch(rows)
        if PIPELINE in conn.info:
            form = self._form(conn)
            conn.info[FIRST] = form.text(0), form.arrange(values, ())
        return self.all(conn, **values)

    def first(self, conn: Connection, /, **values: Any) -> RowT | None:
        """Return the first row for these values, or None."""
        return next(iter(self.all(conn, **values)), None)

    def each(self, conn: Connection, /, **values: Any) -> Iterator[RowT]:
        """Yield the same, one row after the other, as the driver has them."""
        form = self._form(conn)
        yield from form.records(execute(conn, form.text(0), form.arrange(values, ())))

    def all_of(self, conn: Connection, ids: Iterable[int | str], /, **values: Any) -> list[RowT]:
        """Return the rows for these ids; none for no ids."""
        form = self._form(conn)
        found: list[RowT] = []
        for piece in _pieces(ids):
            found += form.fetch(execute(conn, form.text(len(piece)), form.arrange(values, piece)))
        return found

    def run(self, conn: Connection, /, **values: Any) -> int:
        """Execute it and return how many rows it changed."""
        form = self._form(conn)
        return execute(conn, form.text(0), form.arrange(values, ())).rowcount

    def run_of(self, conn: Connection, ids: Iterable[int | str], /, **values: Any) -> None:
        """Execute it for these ids; nothing for no ids."""
        form = self._form(conn)
        for piece in _pieces(ids):
            send(conn, form.text(len(piece)), form.arrange(values, piece))

    def run_each(self, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Execute it once per row of values; nothing for no rows."""
        form = self._form(conn)
        values = form.arrange_all(rows)
        if form.inserted is not None and PIPELINE in conn.info:
            for text, several in form.inserted.pieces(values):
                send(conn, text, several)
            return
        text = form.text(0)
        first = next(values, None)
        if first is not None:
            every = chain((first,), values)
            _call(conn, text, lambda cursor: cursor.executemany(text, every), waits=False)

    def _form(self, conn: Connection) -> Form:
        name = conn.dialect.name
        if name not in self._forms:
            self._forms[name] = self.compile(conn.dialect)
        return self._forms[name]

    def compile(self, dialect: Dialect) -> Form:
        """Return the form of the statement for a dialect.

        Raises:
            TypeError: Its rows lack a declared column.
        """
        form = Form(self._statement, self._column_keys, dialect)
        if lacking := sorted(self._declared - form.columns):
            raise TypeError(f"The rows of {self._statement} lack {', '.join(lacking)}.")
        return form


class Form:
    """A statement as one dialect has it: text, placeholders, and conversions of values."""

    def __init__(
        self, statement: Statement, column_keys: Sequence[str] | None, dialect: Dialect
    ) -> None:
        columns = list(statement.exported_columns)
        if isinstance(statement, Insert) and not columns:
            statement = statement.inline()  # else the dialect has it return the id
        compiled = statement.compile(dialect=dialect, column_keys=column_keys)
        assert isinstance(compiled, SQLCompiler)
        self._compiled = compiled
        self._texts: dict[int, str] = {}
        self._places = [
            place
            for name in compiled.positiontup or ()
            for place in _places_of(name, compiled.binds[name], dialect)
        ]
        places = list(enumerate(self._places))
        self._keys = [place.name if place.is_given else at for at, place in places]
        self._constants = {at: place.constant for at, place in places if not place.is_given}
        self._converts = [(at, place.convert) for at, place in places if place.convert]
        self.inserted = InsertedRows.of(compiled.string) if compiled.isinsert else None
        """How several rows are inserted by one execution, if that can be."""
        self.columns = frozenset(column.key for column in columns)
        converts = [_reading(column.type, dialect) for column in columns]
        self._conversions = [(at, convert) for at, convert in enumerate(converts) if convert]
        record = namedtuple("Record", [column.key for column in columns], rename=True)  # type: ignore[misc] # noqa: PYI024
        self._make: _Convert = record._make

    def text(self, ids: int) -> str:
        """Return the statement with so many placeholders for the ids."""
        if ids not in self._texts:
            binds = self._compiled.binds.items()
            values = {name: None for name, bind in binds if bind.required}
            expanded = self._compiled.construct_expanded_state(values | {IDS: [0] * ids})
            self._texts[ids] = expanded.statement
        return self._texts[ids]

    def arrange(self, values: Mapping[str, Any], ids: Sequence[int | str]) -> list[Any]:
        """Return the values in the order of the placeholders."""
        arranged: list[Any] = []
        for name, constant, is_given, convert in self._places:
            if name == IDS:
                arranged += ids
                continue
            value = values[name] if is_given else constant
            arranged.append(value if convert is None else convert(value))
        return arranged

    def arrange_all(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
        """Yield the same as `arrange` for each row, sooner."""
        if len(self._places) == 1:
            return (self.arrange(row, ()) for row in rows)
        constants = self._constants
        whole = ({**row, **constants} for row in rows) if constants else rows
        picked = map(itemgetter(*self._keys), whole)
        converts = self._converts
        return (_converted(row, converts) for row in picked) if converts else picked

    def fetch(self, rows: Rows) -> list[Any]:
        """Return the records of all rows."""
        return list(self.records(rows))

    def records(self, rows: Rows) -> Iterator[Any]:
        """Yield the records of all rows."""
        if not self._conversions:
            return map(self._make, rows)
        return (self._make(_converted(row, self._conversions)) for row in rows)


class InsertedRows:
    """The text of an insert, for several rows.

    Args:
        head: What comes before the values of a row.
        row: The placeholders of a row, in parentheses.
        tail: What comes behind.
    """

    def __init__(self, head: str, row: str, tail: str) -> None:
        self._head = head
        self._row = row
        self._tail = tail

    @classmethod
    def of(cls, text: str) -> InsertedRows | None:
        """Return the parts of a text; None: it does not insert one row that is given."""
        head, values, rest = text.partition(" VALUES (")
        depth = 1 if values else 0
        for at, char in enumerate(rest, 1):
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                tail = rest[at:]
                return (
                    None if "%s" in head + tail else cls(head + " VALUES ", f"({rest[:at]}", tail)
                )
        return None

    def pieces(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
        """Yield texts and their values for all rows; their numbers are powers of two."""
        rest = iter(rows)
        while some := list(islice(rest, _ROWS)):
            while some:
                number = 1 << (len(some).bit_length() - 1)
                text = f"{self._head}{', '.join([self._row] * number)}{self._tail}"
                yield text, list(chain.from_iterable(some[:number]))
                del some[:number]


def execute(conn: Connection, text: str, values: Sequence[Any] = ()) -> Cursor:
    """Execute a text of the database's own form, and return the cursor with its rows."""
    return _call(conn, text, lambda cursor: cursor.execute(text, values), waits=True)


def send(conn: Connection, text: str, values: Sequence[Any] = ()) -> None:
    """Execute a text whose result is not needed; if it fails, a later statement may say so."""
    _call(conn, text, lambda cursor: cursor.execute(text, values), waits=False)


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Return what makes a value of what the driver returns; floats are values as they are."""
    if isinstance(kind, Float):
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _converted(row: Iterable[Any], conversions: Iterable[tuple[int, _Convert]]) -> list[Any]:
    cells = list(row)
    for at, convert in conversions:
        cells[at] = convert(cells[at])
    return cells


def _places_of(name: str, bind: BindParameter[Any], dialect: Dialect) -> list[_Place]:
    convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.expanding and name != IDS:
        return [_Place(name, value, is_given=False, convert=convert) for value in bind.value or ()]
    return [_Place(name, bind.value, bind.required, convert)]


def _call(
    conn: Connection, text: str, action: Callable[[Cursor], object], *, waits: bool
) -> Cursor:
    """Do something with a new cursor of the driver, in a transaction as SQLAlchemy would."""
    if not conn.in_transaction():
        conn.begin()
    driver: Any = conn.connection.driver_connection
    cursor: Cursor = driver.cursor()
    pipeline: Pipeline | None = conn.info.get(PIPELINE)
    try:
        if pipeline is not None and not waits:
            pipeline.enter(driver)
        action(cursor)
        if pipeline is not None and waits:
            pipeline.settle()
    except conn.dialect.loaded_dbapi.Error as error:
        base = conn.dialect.loaded_dbapi.Error
        if is_lost := conn.dialect.is_disconnect(error, driver, None):
            conn.invalidate(error)
        raise DBAPIError.instance(
            text, None, error, base, dialect=conn.dialect, connection_invalidated=is_lost
        ) from error
    return cursor


def _pieces(ids: Iterable[int | str]) -> Iterator[list[int | str]]:
    """Yield the ids in lists whose lengths are powers of two, so that there are few texts.

    The last id fills a list up: naming it twice finds it once.
    """
    rest = iter(ids)
    while piece := list(islice(rest, _PIECE)):
        size = 1 << (len(piece) - 1).bit_length()
        yield piece + piece[-1:] * (size - len(piece))
