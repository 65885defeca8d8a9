"""Whole lists, read page after page while others go on changing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, ParamSpec, TypeVar, cast

from torc_core.errors import ProtocolError
from torc_core.model.page import MAX_LIMIT, Page

P = ParamSpec("P")
T = TypeVar("T")

_OVERLAP = 1
"""Each page begins with so many items of the one before, to notice that the list has moved."""
_PATIENCE = 100
"""How many pages without a new item are read in search of the place where the list goes on."""


def every_item(fetch: Callable[P, Page[T]], *arguments: P.args, **filters: P.kwargs) -> Iterator[T]:
    """Yield the items of a list, page after page; no more than a page is held.

    In the order of ids, which is every list's own, each item that is there all the time comes
    exactly once, even if others appear and vanish meanwhile. In another order, items that move
    past the end of a page may be missed or come twice.

    Args:
        fetch: A list method of the client.
        *arguments: Its positional arguments.
        **filters: Its filters; `offset` is how many items to skip, `limit` how many to yield at
            most. Both may be left out or None.

    Raises:
        ProtocolError: The server says that there is more, but sends the same items again.
        TorcError: The server refused a request, or did not answer.
    """
    read = cast("Callable[..., Page[T]]", fetch)
    query: dict[str, Any] = dict(filters)
    first, limit = query.pop("offset", None) or 0, query.pop("limit", None)
    place = _Place(first, query)
    left = MAX_LIMIT if limit is None else limit
    while left > 0:
        size = MAX_LIMIT if place.is_lost else min(left + place.overlap, MAX_LIMIT)
        page = read(*arguments, **query, offset=place.offset, limit=size)
        new = place.advance(page)[:left]
        yield from new
        if place.is_end:
            return
        if limit is not None:
            left -= len(new)


class _Place:
    """Where the next page begins, worked out from what the last ones held."""

    def __init__(self, offset: int, query: dict[str, Any]) -> None:
        self.offset = offset
        self.overlap = 0
        self.is_end = False
        self._first = offset
        self._sign = -1 if query.get("reverse_sort") else 1
        self._is_by_id = query.get("sort_by") in {None, "id"}
        self._last: int | None = None
        self._last_items: list[Any] = []
        self._fruitless = 0
        self._step = MAX_LIMIT

    @property
    def is_lost(self) -> bool:
        """Whether the last page held nothing new, so that the next one is a search."""
        return self._fruitless > 0

    def advance(self, page: Page[T]) -> list[T]:
        """Return the items of a page that were not there before, and move on."""
        keys = self._keys(page)
        if keys is None:
            return self._advance_blindly(page)
        last = self._last
        if last is not None and self.offset > self._first and not (keys and keys[0] <= last):
            return self._step_back()
        new = [item for item, key in zip(page.items, keys, strict=True) if _is_beyond(key, last)]
        self._last = keys[-1] if new else last
        self._step = MAX_LIMIT
        self._finish(page, has_new=bool(new))
        self.overlap = _OVERLAP
        self.offset = max(self._first, self.offset + len(keys) - _OVERLAP)
        return new

    def _keys(self, page: Page[Any]) -> list[int] | None:
        """Return the ids in ascending order, or None where the list has another order."""
        if not self._is_by_id:
            return None
        ids = [getattr(item, "id", None) for item in page.items]
        keys = [each * self._sign for each in ids if isinstance(each, int)]
        if len(keys) < len(ids) or any(a >= b for a, b in pairwise(keys)):
            return None
        return keys

    def _advance_blindly(self, page: Page[T]) -> list[T]:
        items = page.items[self.overlap :]
        is_repeated = page.items == self._last_items
        self._is_by_id, self.overlap, self._last_items = False, 0, page.items
        self.offset += len(page.items)
        self._finish(page, has_new=bool(items) and not is_repeated)
        return items

    def _step_back(self) -> list[Any]:
        """Go back to where the list was left: items before that place have vanished."""
        self.offset = max(self._first, self.offset - self._step)
        self._step *= 2
        self._be_patient()
        return []

    def _finish(self, page: Page[Any], *, has_new: bool) -> None:
        self.is_end = not page.has_more or not page.items
        if has_new:
            self._fruitless = 0
        elif not self.is_end:
            self._be_patient()

    def _be_patient(self) -> None:
        self._fruitless += 1
        if self._fruitless > _PATIENCE:
            raise ProtocolError(
                f"A list of the server does not end: its last {_PATIENCE} pages held nothing new.",
                hint="Is there a proxy that answers from a cache? Look at the server's log.",
            )


def _is_beyond(key: int, last: int | None) -> bool:
    return last is None or key > last
