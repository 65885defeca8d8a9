"""Filters that only servers of torc know: where the server does not, they are applied here.

A server of the reference ignores parameters that it does not know and would return everything. So
the whole list is read, and filtered as our server filters it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import msgspec

from torc_core.client.filters import EventFilters, FileFilters, JobFilters
from torc_core.model.page import MAX_LIMIT, Page

T = TypeVar("T")
Match = Callable[[Any, Any], bool]
"""Whether an item is one of those that a filter with this value selects."""


def _part_of(field: str) -> Match:
    return lambda item, value: str(value).casefold() in str(getattr(item, field) or "").casefold()


def _text_of_data(item: Any, value: Any) -> bool:
    return str(value).casefold() in msgspec.json.encode(item.data).decode().casefold()


def _one_of_statuses(item: Any, value: Any) -> bool:
    return item.status in str(value).split(",")


_ONLY_OURS: Mapping[type, Mapping[str, Match]] = {
    JobFilters: {"name": _part_of("name"), "command": _part_of("command")},
    EventFilters: {"text": _text_of_data},
}
"""Filters of lists that the reference does not have, and what they select."""
RELATED: Mapping[type, Mapping[str, str]] = {
    JobFilters: {"downstream_job_id": "depends_on_job_ids"},
    FileFilters: {"consumed_by_job_id": "input_file_ids"},
}
"""Filters that the reference does not have, by a job; the field of the job with the ids that they
select."""


def matches_of(known: type, filters: Mapping[str, Any]) -> dict[str, Match]:
    """Return the filters of a request that only servers of torc know, and what they select.

    Args:
        known: The `TypedDict` that declares the filters of the list.
        filters: Those that are given.
    """
    found = {
        name: match
        for name, match in _ONLY_OURS.get(known, {}).items()
        if filters.get(name) is not None
    }
    for name in (filters.get("contains") or "").split(","):
        if filters.get(name) is not None:
            found.setdefault(name, _part_of(name))
    if known is JobFilters and "," in str(filters.get("status") or ""):
        found["status"] = _one_of_statuses
    return found


def related_of(known: type, filters: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters of a request that select what a job is related to, and its field."""
    return {
        name: field
        for name, field in RELATED.get(known, {}).items()
        if filters.get(name) is not None
    }


def filtered_page(
    ask: Callable[[Mapping[str, Any]], Page[T]],
    filters: Mapping[str, Any],
    matches: Mapping[str, Match],
    related: Mapping[str, Collection[int]],
) -> Page[T]:
    """Return a page of a list, and apply some of the filters here.

    Args:
        ask: Asks for a page.
        filters: Filters and paging of the request.
        matches: Filters that are applied here.
        related: The ids that further ones select.
    """
    here = {*matches, *related, "contains", "offset", "limit"}
    query = {name: value for name, value in filters.items() if name not in here}
    found: list[T] = []
    offset, has_more = 0, True
    while has_more:
        page = ask({**query, "offset": offset, "limit": MAX_LIMIT})
        found += (
            item
            for item in page.items
            if all(match(item, filters[name]) for name, match in matches.items())
            and all(getattr(item, "id", None) in ids for ids in related.values())
        )
        offset += len(page.items)
        has_more = page.has_more and bool(page.items)
    first, limit = filters.get("offset") or 0, filters.get("limit")
    items = found[first:] if limit is None else found[first : first + limit]
    return Page(
        items=items,
        offset=first,
        count=len(items),
        total_count=len(found),
        has_more=first + len(items) < len(found),
    )
