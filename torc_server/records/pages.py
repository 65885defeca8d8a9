"""One page of a list: filters, order and the envelope, the same for every resource."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import JSON, Connection, Select, Table, Text, cast, false, func, select
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import True_

from torc_core.errors import UsageError
from torc_core.model.page import MAX_LIMIT, Page
from torc_server.storage.mapping import TableMapping, WireT
from torc_server.storage.sizes import Place, places_of, size_of
from torc_server.storage.tables.workflow import WorkflowRow
from torc_server.storage.text_search import Contains

T = TypeVar("T")


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list to return, and in which order."""

    offset: int = 0
    limit: int = MAX_LIMIT
    """At most `MAX_LIMIT` is used."""
    sort_by: str | None = None
    """A field of the resource; the id breaks ties, and is the order when there is none."""
    reverse_sort: bool = False


def fetch_page(
    connection: Connection,
    mapping: TableMapping[WireT],
    conditions: Sequence[ColumnElement[bool]],
    paging: Paging,
    *,
    within: WorkflowRow | None = None,
    is_narrow: bool = False,
) -> Page[WireT]:
    """Return the page of those rows that meet all conditions.

    The ids of the page are found first, from the nearer end of the list: sorting a million ids
    takes a third of the time that sorting whole rows takes, and skipping none takes no time. In the
    order of ids, the next page of a whole list begins by key, where an earlier one ended.

    Args:
        connection: The database.
        mapping: The table.
        conditions: What rows have to meet.
        paging: Which part of them.
        within: The workflow they belong to; None for all records.
        is_narrow: By an index, the conditions lead to few rows.

    Raises:
        UsageError: The resource has no such field to sort by.
    """
    table = mapping.table
    conditions = [each for each in conditions if not isinstance(each, True_)]
    own = conditions if within is None else [_is_within(table, within, is_narrow), *conditions]

    def count() -> int:
        if within is not None and not conditions:
            return size_of(connection, table, within)
        found: int = connection.execute(
            select(func.count()).select_from(table).where(*own)
        ).scalar_one()
        return found

    def read(span: _Span) -> list[WireT]:
        reverse = paging.reverse_sort != span.is_from_end
        ids = (
            select(table.c.id)
            .where(*own, *([table.c.id >= span.first_id] if span.first_id else ()))
            .order_by(*order(mapping.columns, ["id"], paging.sort_by, reverse=reverse))
            .offset(span.skipped)
            .limit(span.number)
            .correlate(None)
        )
        rows = mapping.rows.where(table.c.id.in_(ids)).order_by(
            *order(mapping.columns, ["id"], paging.sort_by, reverse=paging.reverse_sort)
        )
        return [mapping.read(row) for row in connection.execute(rows)] if span.number else []

    limit = min(paging.limit, MAX_LIMIT)
    in_order = within if not conditions and _is_by_id(paging) else None
    if paging.offset == 0:
        items = read(_Span(0, limit))
        total = len(items) if len(items) < limit else count()
    else:
        total = count()
        span = _nearer(paging.offset, limit, total)
        if in_order is not None:
            span = _nearest(connection, table, in_order, paging.offset, span)
        items = read(span)
    if in_order is not None and len(items) == limit > 0:
        last_id: int = getattr(items[-1], "id")  # noqa: B009 - any type
        place = Place(paging.offset + limit - 1, last_id)
        places_of(connection).keep(table, in_order, place)
    return _page(items, total, paging)


def _is_by_id(paging: Paging) -> bool:
    return paging.sort_by in {None, "id"} and not paging.reverse_sort


def _nearest(
    connection: Connection, table: Table, workflow: WorkflowRow, offset: int, span: _Span
) -> _Span:
    """Return how to read a span by key, if fewer rows are skipped then."""
    place = places_of(connection).before(table, workflow, offset)
    if place is None or offset - place.position >= span.skipped:
        return span
    return _Span(offset - place.position, span.number, first_id=place.id)


def _is_within(table: Table, workflow: WorkflowRow, is_narrow: bool) -> ColumnElement[bool]:
    """Return the condition that a row belongs to a workflow.

    Knowing nothing of how many rows there are, SQLite would go through all of the workflow, which
    are in the order of the list. A sum has no index, so it takes that of the other conditions.
    """
    column = table.c.workflow_id
    return (column + 0 if is_narrow else column) == workflow.id


class _Span(NamedTuple):
    """A part of a list."""

    skipped: int
    number: int
    is_from_end: bool = False
    """It is read backwards."""
    first_id: int = 0
    """The skipped rows are counted from the one with this id on."""


def _nearer(offset: int, limit: int, total: int) -> _Span:
    """Return how to read a part so that the fewest rows are skipped. Pure."""
    number = max(0, min(limit, total - offset))
    behind = total - offset - number
    return _Span(offset, number) if offset <= behind else _Span(max(0, behind), number, True)


def page_of(
    connection: Connection,
    query: Select[Any],
    count: Select[Any],
    read: Callable[[Any], T],
    paging: Paging,
) -> Page[T]:
    """Return a page of an ordered query; `count` counts all rows, `read` converts them."""
    limit = min(paging.limit, MAX_LIMIT)
    items = [read(row) for row in connection.execute(query.offset(paging.offset).limit(limit))]
    is_whole = paging.offset == 0 and len(items) < limit
    total = len(items) if is_whole else connection.execute(count).scalar_one()
    return _page(items, total, paging)


def _page(items: list[T], total: int, paging: Paging) -> Page[T]:
    return Page(
        items=items,
        offset=paging.offset,
        count=len(items),
        total_count=total,
        has_more=bool(items) and paging.offset + len(items) < total,
    )


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return whether a column contains a text, in either case; no character is special."""
    return Contains(column, text)


def lacks(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a row does not meet a condition; one without a value does not."""
    return ~func.coalesce(condition, false())


def named_filters(parameter: str, names: str | None, known: Collection[str]) -> frozenset[str]:
    """Return the filters that a parameter of a list names.

    Args:
        parameter: `contains` or `excludes`.
        names: Names of filters, joined by commas.
        known: The filters that it can name.

    Raises:
        UsageError: It names something else.
    """
    found = frozenset(filter(None, (name.strip() for name in (names or "").split(","))))
    if unknown := sorted(found - frozenset(known)):
        raise UsageError(
            f"{unknown[0]!r} is not a filter that {parameter} can name.",
            hint=f"Those are {', '.join(sorted(known))}.",
            field=parameter,
            value=names,
        )
    return found


def order(
    columns: Mapping[str, ColumnElement[Any]],
    ties: Sequence[str],
    key: str | None,
    *,
    reverse: bool,
) -> list[ColumnElement[Any]]:
    """Return what to order a list by: the chosen field, then those that break ties.

    Raises:
        UsageError: There is no such field to sort by.
    """
    if key is not None and key not in columns:
        known = ", ".join(sorted(columns))
        raise UsageError(
            f"Unknown field {key!r} to sort by.",
            hint=f"Sort by one of {known}.",
            field="sort_by",
            value=key,
        )
    names = dict.fromkeys([*filter(None, [key]), *ties])
    chosen = [columns[name] for name in names if name in columns]
    return [_ordered(column, reverse=reverse) for column in chosen]


def _ordered(column: ColumnElement[Any], *, reverse: bool) -> ColumnElement[Any]:
    """Return what to order by: nulls are less than values, JSON is text, on every database."""
    stored = getattr(column, "element", column)
    if isinstance(column.type, JSON):
        column = cast(stored, Text)
    if not getattr(stored, "nullable", True):  # an index is used only without a word about nulls
        return column.desc() if reverse else column.asc()
    return column.desc().nulls_last() if reverse else column.asc().nulls_first()
