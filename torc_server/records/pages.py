"""One page of a list: filters, order and the envelope, the same for every resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql import ColumnElement

from torc_core.errors import UsageError
from torc_core.model.page import MAX_LIMIT, Page
from torc_server.storage.mapping import TableMapping, WireT

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
) -> Page[WireT]:
    """Return the page of those rows that meet all conditions.

    Raises:
        UsageError: The resource has no such field to sort by.
    """
    query = mapping.rows.where(*conditions).order_by(*order(mapping.columns, ["id"], paging))
    count = select(func.count()).select_from(mapping.table).where(*conditions)
    return page_of(connection, query, count, mapping.read, paging)


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
    return Page(
        items=items,
        offset=paging.offset,
        count=len(items),
        total_count=total,
        has_more=bool(items) and paging.offset + len(items) < total,
    )


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return whether a column contains a text, in either case; no character is special."""
    return column.icontains(text, autoescape=True)


def order(
    columns: Mapping[str, ColumnElement[Any]], ties: Sequence[str], paging: Paging
) -> list[ColumnElement[Any]]:
    """Return what to order a list by: the chosen field, then those that break ties.

    Raises:
        UsageError: There is no such field to sort by.
    """
    key = paging.sort_by
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
    return [column.desc() if paging.reverse_sort else column.asc() for column in chosen]
