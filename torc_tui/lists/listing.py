"""Rows, columns and what is asked of a list: the words in which tables and their data meet."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from torc_core.client import TorcClient


class Cell(NamedTuple):
    """One field of a row: cleaned text and a Rich style."""

    text: str
    tone: str = ""


class Row(NamedTuple):
    """What a table shows of one item, and the item itself."""

    key: Hashable
    cells: tuple[Cell, ...]
    item: Any


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a list are wanted, in which order."""

    sort_by: str | None = None
    reverse: bool = False
    filters: dict[str, str] = field(default_factory=dict)
    """Wanted text by name of a filter."""

    def sorted_by(self, key: str) -> Query:
        """Return the same rows in the order of `key`, reversed if that is their order already."""
        return replace(self, sort_by=key, reverse=self.sort_by == key and not self.reverse)

    def filtered(self, name: str, text: str) -> Query:
        """Return a query with this filter; empty text removes it."""
        filters = {key: value for key, value in self.filters.items() if key != name}
        return replace(self, filters=filters | ({name: text} if text else {}))


class Listing(Protocol):
    """A page of a list, as the client returns it."""

    @property
    def items(self) -> list[Any]:
        """The items of this page, in order."""

    @property
    def total_count(self) -> int:
        """How many there are in all."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where its text comes from and how much room it may take."""

    title: str
    show: Callable[[Any], Cell]
    """From an item to a cell; the text needs no cleaning yet."""
    sort_by: str = ""
    """The server's name for the order of this column; empty if it knows none."""
    least: int = 0
    """Room for the longest word that it is likely to show, so that columns do not move; words
    are not cut as long as another column can give way."""
    narrowest: int = 0
    """It gives way down to this before a column of rank 0 is left out; 0 for never."""
    widest: int = 24
    is_number: bool = False
    rank: int = 0
    """Columns of the highest rank go first when there is no room."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One column by which the server filters."""

    name: str
    title: str
    value: Callable[[Any], str]
    """The text that would select items like this one."""
    parse: Callable[[str], Any] = str
    """From what was typed to what the client takes; raises ValueError with what is possible."""


@dataclass(frozen=True, slots=True)
class View:
    """A kind of list: its columns, filters and source."""

    name: str
    columns: tuple[Column, ...]
    page: Callable[..., Listing]
    """`page(client, workflow_id, offset=, limit=, sort_by=, reverse_sort=, **filters)`."""
    key: Callable[[Any], Hashable]
    filters: tuple[Filter, ...] = ()
    order: Query = Query()
    alike: int = 0
    """Which of the filters finds rows of one kind."""

    def row(self, item: Any) -> Row:
        """Return what this view shows of an item."""
        return Row(self.key(item), tuple(column.show(item) for column in self.columns), item)

    def fetch(
        self, client: TorcClient, workflow_id: int | None, query: Query, span: range
    ) -> tuple[int, list[Row]]:
        """Return how many rows the query has in all, and those of `span`.

        Raises:
            TorcError: The server's refusal, or its absence.
        """
        known = {each.name: each for each in self.filters}
        listing = self.page(
            client,
            workflow_id,
            offset=span.start,
            limit=len(span),
            sort_by=query.sort_by,
            reverse_sort=query.reverse,
            **{name: known[name].parse(text) for name, text in query.filters.items()},
        )
        return listing.total_count, [self.row(item) for item in listing.items]
