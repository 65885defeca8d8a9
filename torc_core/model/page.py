"""One page of a list, in the envelope of the reference."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

MAX_LIMIT = 10_000
"""The most items that one page holds; a larger limit is cut to it."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some items of a list, and where they stand in it."""

    items: list[T]
    offset: int = 0
    max_limit: int = MAX_LIMIT
    count: int = 0
    """How many items this page holds."""
    total_count: int = 0
    """How many items the whole list holds, with the filters of the request."""
    has_more: bool = False
