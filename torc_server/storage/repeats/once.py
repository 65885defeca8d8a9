"""A writer for one request that has a key: it is carried out once, however often it comes."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from torc_server.storage.repeats.answers import check_unanswered, keep_answer
from torc_server.storage.repeats.keys import RequestKey
from torc_server.storage.transactions import Transactions

T = TypeVar("T")
ItemT = TypeVar("ItemT")


class Once(Transactions):
    """Looks for the reply to a request before it is carried out, and keeps it afterwards.

    What a function returns is the reply, so a handler writes once, and returns that. Since one
    thread writes, the second of two that come together finds the reply to the first.

    Args:
        writer: The writer.
        key: What the request is known by.
    """

    def __init__(self, writer: Transactions, key: RequestKey) -> None:
        self._writer = writer
        self.key: RequestKey = key

    def put(
        self,
        work: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]],
        item: ItemT,
    ) -> Future[T]:
        """Queue an item; the result is an `AlreadyAnsweredError` if the request was answered."""
        key = self.key

        def once(conn: Connection, items: Sequence[ItemT], now_ms: int) -> Iterator[T | Exception]:
            check_unanswered(conn, key)
            for outcome in work(conn, items, now_ms):
                if not isinstance(outcome, Exception):
                    keep_answer(conn, key, outcome, now_ms=now_ms)
                yield outcome

        return self._writer.put(once, item)
