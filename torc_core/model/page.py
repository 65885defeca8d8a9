"""One page of a list, in the envelope of the reference."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

MAX_LIMIT = 10_000
"""The most items of one page; larger limits are reduced to it."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Part of a list, with its position."""

    items: list[T]
    offset: int = 0
    max_limit: int = MAX_LIMIT
    count: int = 0
    """The number of items of this page."""
    total_count: int = 0
    """The number of items of the whole list, under the filters of the request."""
    has_more: bool = False
