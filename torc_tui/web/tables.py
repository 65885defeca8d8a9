"""Lists as tables of a page: the same columns, filters and orders as in the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_core.units import MAX_INTEGER
from torc_tui.lists.listing import Listing, Query
from torc_tui.theme import Cell

ROWS = 100
"""Rows of a page."""


class Heading(NamedTuple):
    """The heading of a column."""

    title: str
    order: str
    """The query of the same list in the order of this column; empty if it has none."""
    is_number: bool


class Line(NamedTuple):
    """A row, and what can be done with it."""

    item: Any
    cells: list[Cell]


class Table(NamedTuple):
    """Some rows of a list."""

    headings: list[Heading]
    lines: list[Line]
    total: int
    offset: int
    earlier: str
    """The query of the rows before; empty if there are none."""
    later: str
    filter: str
    """What the first filter is."""
    typed: str
    """What is typed there."""

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.offset + len(self.lines)


class TableRequest(NamedTuple):
    """Which rows of which list, as the address of a page says."""

    listing: Listing
    query: Query
    offset: int
    kept: dict[str, str]
    """The parameters that say so."""

    def fetch(self, client: TorcClient, workflow_id: WorkflowId | None) -> Table:
        """Return the rows.

        Raises:
            UsageError: The filter has no such value.
            TorcError: The server refused the request, or did not answer.
        """
        span = range(self.offset, self.offset + ROWS)
        filter_ = self.listing.filters[0]
        try:
            total, rows = self.listing.fetch(client, workflow_id, self.query, span)
        except ValueError as error:
            typed = self.kept["filter"]
            raise UsageError(f"{filter_.title} cannot be {typed!r}: {error}.") from error
        return Table(
            headings=[
                Heading(
                    column.title,
                    self._with(**_order(self.query.sorted_by(column.sort_by)), offset="")
                    if column.sort_by
                    else "",
                    column.is_number,
                )
                for column in self.listing.columns
            ],
            lines=[Line(row.item, list(row.cells)) for row in rows],
            total=total,
            offset=self.offset,
            earlier=self._with(offset=str(max(self.offset - ROWS, 0))) if self.offset else "",
            later=self._with(offset=str(self.offset + ROWS)) if span.stop < total else "",
            filter=filter_.title,
            typed=self.kept.get("filter", ""),
        )

    def _with(self, **changed: str) -> str:
        values = {name: value for name, value in {**self.kept, **changed}.items() if value}
        return f"?{urlencode(values)}"


def read_table(listing: Listing, asked: Mapping[str, str]) -> TableRequest:
    """Return which rows the parameters of an address ask for.

    Args:
        listing: The list.
        asked: The parameters.

    Raises:
        UsageError: They ask for something that the list does not have.
    """
    kept = {name: asked[name] for name in ("sort", "reverse", "filter") if asked.get(name)}
    query = listing.order
    if sort := kept.get("sort"):
        if sort not in {column.sort_by for column in listing.columns}:
            raise UsageError(f"{listing.name} are not sorted by {sort!r}.")
        query = Query(sort, kept.get("reverse") == "1", query.filters)
    if typed := kept.get("filter"):
        query = query.filtered(listing.filters[0].name, typed)
    offset = asked.get("offset", "0")
    if not (offset.isascii() and offset.isdigit()) or int(offset) > MAX_INTEGER:
        raise UsageError(f"{offset!r} is not the number of a row.")
    return TableRequest(listing, query, int(offset), kept)


def _order(query: Query) -> dict[str, str]:
    return {"sort": query.sort_by or "", "reverse": "1" if query.reverse else ""}
