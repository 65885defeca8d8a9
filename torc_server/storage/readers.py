"""A few connections that only read, each with a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Readers:
    """Runs queries beside the writer; each sees one consistent state of the database."""

    def __init__(self, engine: Engine, count: int) -> None:
        self._engine = engine
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._pool = ThreadPoolExecutor(count, "reader")

    async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Return `fn(connection, *args, **kwargs)`, or raise what it raised."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self._query(fn, args, kwargs))

    def stop(self) -> None:
        """Wait for the running queries and close the connections."""
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def _query(self, fn: Callable[..., T], args: Any, kwargs: Any) -> T:
        connection = self._own_connection()
        try:
            return fn(connection, *args, **kwargs)
        finally:
            connection.rollback()  # a read leaves nothing to commit, and must not pin the log

    def _own_connection(self) -> Connection:
        """Return this thread's connection; made at its first query."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect()
            self._connections.append(connection)
        return connection
