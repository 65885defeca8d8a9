"""Replies that are made from what a function returns.

They are made in its transaction: there the reply to a request with a key is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
ReplyT = TypeVar("ReplyT")


def replying(reply: Callable[[T], ReplyT], fn: Callable[P, T]) -> Callable[P, ReplyT]:
    """Return a function that calls `fn` and makes the reply from what it returns."""

    def call(*args: P.args, **kwargs: P.kwargs) -> ReplyT:
        return reply(fn(*args, **kwargs))

    return call
