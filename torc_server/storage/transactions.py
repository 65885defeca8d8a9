"""What may be asked of a writer: to run a function in a transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from asyncio import Future
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from torc_server.storage.repeats.keys import RequestKey

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")


class Transactions(ABC):
    """Runs functions on the writing connection, in the order in which they came."""

    key: RequestKey | None = None
    """What the request that writes is known by, if it may come again."""

    async def run(
        self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `fn(connection, *args, **kwargs)` and return its result once it is committed.

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """
        return await self.put(lambda connection, *_: [fn(connection, *args, **kwargs)], None)

    async def run_timed(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Do the same for a function that writes times: `now_ms` is the moment of the commit.

        In milliseconds since 1970, as one more keyword argument. (No type can say of a function
        that it takes one more keyword than its caller gives, so mypy checks none of these.)

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: What `fn` raised; what it wrote was rolled back.
        """
        return await self.put(
            lambda connection, _, now_ms: [fn(connection, *args, now_ms=now_ms, **kwargs)], None
        )

    async def run_together(
        self, fn: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]], item: ItemT
    ) -> T:
        """Have `fn(connection, items, now_ms)` called with this item and others that wait.

        `fn` returns an outcome for each item, in their order; one that is an exception is raised
        for its item alone. If `fn` itself raises, it is called again with each item alone.

        Raises:
            MachineError: There is no space left, or the disk fails; nothing was written.
            Exception: The item's outcome.
        """
        return await self.put(fn, item)

    @abstractmethod
    def put(
        self,
        work: Callable[[Connection, Sequence[ItemT], int], Iterable[T | Exception]],
        item: ItemT,
    ) -> Future[T]:
        """Queue an item for a function that takes several."""
