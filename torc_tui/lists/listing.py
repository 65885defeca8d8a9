"""What a list is: columns, filters, an order and a source."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from torc_core.client import Feature, TorcClient, every_item
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_tui.terminal import clean
from torc_tui.theme import Cell


class Row(NamedTuple):
    """What a table shows of one item, and the item itself."""

    key: Hashable
    cells: tuple[Cell, ...]
    item: Any


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a list, in which order."""

    sort_by: str | None = None
    reverse: bool = False
    filters: dict[str, str] = field(default_factory=dict)
    """Text as typed, by the name of a filter."""
    whole: frozenset[str] = frozenset()
    """Filters whose text is a whole value and not a part of it."""

    def sorted_by(self, key: str) -> Query:
        """Return the same rows in the order of `key`, reversed if that is their order already."""
        return replace(self, sort_by=key, reverse=self.sort_by == key and not self.reverse)

    def filtered(self, name: str, text: str, *, is_whole: bool = False) -> Query:
        """Return a query with this filter; empty text removes it."""
        filters = {key: value for key, value in self.filters.items() if key != name}
        added = {name: text} if text else {}
        whole = self.whole - {name} | (added.keys() if is_whole else frozenset())
        return replace(self, filters=filters | added, whole=whole)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it says of an item, and how much room that may take."""

    title: str
    """Its heading in the interface."""
    value: Callable[[Any], object]
    """From an item to the value; commands print it in the common form of its type."""
    cell: Callable[[Any], Cell] | None = None
    """From an item to what the interface shows, if that is not the value as plain text."""
    heading: str = ""
    """Its heading in the tables of commands, if that is not the title in capitals."""
    sort_by: str = ""
    """The server's name for the order of this column; empty if it cannot sort by it."""
    is_number: bool = False
    """Aligned to the right."""
    min_width: int = 0
    """Room for the longest word that is likely to come, so that columns do not move; words are
    not cut as long as another column can shrink."""
    shrink_to: int = 0
    """The column shrinks to this before one of rank 0 is dropped; 0 for never."""
    max_width: int = 24
    rank: int = 0
    """Columns of the highest rank are dropped first when there is no room."""
    full: Callable[[Any], str] | None = None
    """From an item to a text of any number of lines, where the value is read by itself; None if
    that is what a row shows, too."""
    asks: str = ""
    """The parameter of the source that brings what it shows, if that is not always there."""

    def show(self, item: Any) -> Cell:
        """Return what the interface shows of an item."""
        if self.cell is not None:
            return self.cell(item)
        value = self.value(item)
        return Cell("" if value is None else clean(str(value)))

    @property
    def printed_heading(self) -> str:
        """Its heading in the tables of commands."""
        return self.heading or self.title.upper()


NOT = "!"
"""Before the text of a filter: the items that do not match it."""
_EXCLUDES = "excludes"


@dataclass(frozen=True, slots=True)
class ListFilter:
    """One column by which the server filters."""

    name: str
    """The client's name of the filter."""
    title: str
    value: Callable[[Any], str]
    """The text that selects items like this one."""
    parse: Callable[[str], Any] = str
    """From what was typed to what the client takes; raises ValueError saying what is possible."""
    may_be_part: bool = False
    """The server is asked for values that contain the text, in either case."""
    may_exclude: bool = False
    """With `!` before the text the server is asked for the other items."""

    def excluded(self, typed: str) -> str | None:
        """Return the text whose items are left out; None if those are listed that it selects."""
        return typed[len(NOT) :].strip() if self.may_exclude and typed.startswith(NOT) else None

    @property
    def names(self) -> frozenset[str]:
        """What a user may call it, in lower case."""
        return frozenset({self.name.lower(), self.title.partition(" (")[0].lower()})

    def problem_of(self, text: str) -> str:
        """Return why nothing can be filtered by a text, in a sentence; empty if it can be."""
        excluded = self.excluded(text)
        try:
            if text := text if excluded is None else excluded:
                self.parse(text)
        except ValueError as error:
            return f"{self.title} cannot be {text}: {error}"
        return ""


def named_filter(
    filters: Sequence[ListFilter], typed: str, sign: str = ":"
) -> tuple[ListFilter, str] | None:
    """Return the filter that a text such as `status:failed` names, and the rest; None if none."""
    name, found, text = typed.partition(sign)
    chosen = next((each for each in filters if found and name.strip().lower() in each.names), None)
    return None if chosen is None else (chosen, text.strip())


def text_filter(name: str, title: str, value: Callable[[Any], str]) -> ListFilter:
    """Return a text filter that matches any part."""
    return ListFilter(name, title, value, may_be_part=True, may_exclude=True)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its columns, filters and source."""

    name: str
    columns: tuple[Column, ...]
    """What the interface shows, until the user chooses others."""
    page: Callable[..., Page[Any]]
    """`page(client, workflow_id, offset=, limit=, sort_by=, reverse_sort=, **filters)`."""
    key: Callable[[Any], Hashable]
    more: tuple[Column, ...] = ()
    """What the interface shows only if the user chooses it."""
    printed: tuple[Column, ...] = ()
    """What commands print; empty for the columns of the interface."""
    filters: tuple[ListFilter, ...] = ()
    order: Query = Query()
    """The query with which the interface begins."""
    alike: int = 0
    """Index of the filter that finds items of the same kind."""

    @property
    def printed_columns(self) -> tuple[Column, ...]:
        """What commands print."""
        return self.printed or self.columns

    @property
    def choosable(self) -> tuple[Column, ...]:
        """All columns among which the user chooses, those that are shown by default first."""
        return (*self.columns, *self.more)

    def arranged(self, titles: Sequence[str]) -> Listing:
        """Return the list with the columns of these titles, in this order.

        Titles of no column are skipped; without any that is known, the list stays as it is.
        """
        by_title = {column.title: column for column in self.choosable}
        chosen = tuple(by_title[title] for title in dict.fromkeys(titles) if title in by_title)
        if not chosen:
            return self
        left = tuple(column for column in self.choosable if column not in chosen)
        return replace(self, columns=chosen, more=left, printed=self.printed_columns)

    def row(self, item: Any) -> Row:
        """Return what a table of the interface shows of an item."""
        return Row(self.key(item), tuple(column.show(item) for column in self.columns), item)

    def items(
        self,
        client: TorcClient,
        workflow_id: WorkflowId | None,
        *,
        only: Callable[[Any], bool] | None = None,
        offset: int = 0,
        limit: int | None = None,
        **query: Any,
    ) -> Iterator[Any]:
        """Yield the items, page after page.

        Args:
            client: The client.
            workflow_id: Whose items.
            only: A condition that the server does not know.
            offset: How many of the items that meet it to skip.
            limit: How many to yield at most.
            **query: Order and filters, for the server.

        Raises:
            TorcError: The server refused a request, or did not answer.
        """
        if only is None:
            return every_item(self.page, client, workflow_id, offset=offset, limit=limit, **query)
        found = filter(only, every_item(self.page, client, workflow_id, **query))
        return islice(found, offset, None if limit is None else offset + limit)

    def parameters(self, query: Query) -> dict[str, Any]:
        """Return what the source is asked with, so that it returns the rows of the query."""
        known = {each.name: each for each in self.filters}
        values: dict[str, Any] = {}
        named: dict[str, list[str]] = {"contains": [], _EXCLUDES: []}
        for name, typed in query.filters.items():
            one, is_whole = known.get(name), name in query.whole
            if one is None:
                continue
            excluded = None if is_whole else one.excluded(typed)
            text = typed if excluded is None else excluded
            if not text:  # of "!", behind which more is about to be typed
                continue
            values[name] = one.parse(text)
            if one.may_be_part and not is_whole:
                named["contains"].append(name)
            if excluded is not None:
                named[_EXCLUDES].append(name)
        return values | {key: ",".join(names) for key, names in named.items() if names}

    def asked(self, client: TorcClient, query: Query) -> dict[str, Any]:
        """Return these parameters for one server.

        Raises:
            UsageError: It would ignore one of them, and list what is to be left out.
            TorcError: It did not answer.
        """
        parameters = self.parameters(query)
        if _EXCLUDES in parameters and not client.offers(Feature.EXCLUDES):
            raise UsageError(
                f"This server cannot leave out what a filter matches ({NOT}).",
                hint="Filter by what is to be listed.",
            )
        return parameters

    def fetch(
        self, client: TorcClient, workflow_id: WorkflowId | None, query: Query, span: range
    ) -> tuple[int, list[Row]]:
        """Return how many rows the query has in all, and those of `span`.

        Raises:
            TorcError: The server refused the request, or did not answer.
        """
        page = self.part(client, workflow_id, query, span)
        return page.total_count, [self.row(item) for item in page.items]

    def part(
        self, client: TorcClient, workflow_id: WorkflowId | None, query: Query, span: range
    ) -> Page[Any]:
        """Return the items of `span` of the query's rows.

        Raises:
            TorcError: The server refused the request, or did not answer.
        """
        asked = {column.asks: True for column in self.columns if column.asks}
        return self.page(
            client,
            workflow_id,
            offset=span.start,
            limit=len(span),
            sort_by=query.sort_by,
            reverse_sort=query.reverse,
            **asked,
            **self.asked(client, query),
        )
