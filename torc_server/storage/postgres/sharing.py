"""One server among several that use a database."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlmodel import SQLModel

from torc_server.storage.long_work.holders import new_server
from torc_server.storage.notify import Changes
from torc_server.storage.postgres.connections import TURN
from torc_server.storage.postgres.listener import CHANNEL, listening, messages
from torc_server.storage.postgres.locks import Lock, try_lock, try_lock_in_transaction
from torc_server.storage.statements import send

log = logging.getLogger(__name__)

LOOKS = 3
"""How often a server is missed before it is gone: by then others have taken their locks again."""
_WALL_MS = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class Shared:
    """What PostgreSQL knows for a server of the others.

    Args:
        url: The database.
    """

    changes = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._instance = secrets.token_hex(8)
        """How this server calls itself in messages to others."""
        self.server = new_server()
        self._missed: dict[int, int] = {}
        """How many times in a row each other server was missed."""
        self.transaction: str | None = None
        """The id of the latest transaction whose moment was asked for."""

    def moment(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of a transaction that has begun, by the clock of the database."""
        _has(connection, Lock.SERVER, self.server)  # an earlier session may have it still
        turn = connection.info.get(TURN)
        self.transaction = None if turn is None else turn[1]
        return clock_ms if turn is None else int(turn[0])

    def wall_ms(self, connection: Connection, clock_ms: int) -> int:
        """Return the time by the clock of the database, which may have been set back."""
        del clock_ms
        return int(connection.exec_driver_sql(_WALL_MS).scalar_one())

    def announce(self, connection: Connection, changes: Changes) -> None:
        """Pass on to other servers what the transaction changed; its last statement."""
        for message in messages(self._instance, changes):
            send(connection, "SELECT pg_notify(%s, %s)", (CHANNEL, message))

    def listen(self, heard: Callable[[Changes | None], None]) -> AbstractContextManager[None]:
        """Call `heard`, in a thread, with what other servers change; None: anything."""
        return listening(self._url, self._instance, heard)

    def end(self) -> None:
        """Do nothing: no changes are tracked, as those of other servers are not known."""

    def leads(self, connection: Connection) -> bool:
        """Return whether this server does what one is to do for all."""
        return _has(connection, Lock.LEADER)

    def gone(self, connection: Connection, servers: Collection[int]) -> set[int]:
        """Return those whose locks nothing has held for `LOOKS` of these calls.

        A server whose session broke takes its lock again with its next transaction.
        """
        free = {
            server
            for server in servers
            if server != self.server and try_lock_in_transaction(connection, Lock.SERVER, server)
        }
        self._missed = {server: self._missed.get(server, 0) + 1 for server in free}
        return {server for server, looks in self._missed.items() if looks >= LOOKS or not server}

    def measure_tables(self, connection: Connection) -> None:
        """Look now: autovacuum does within a minute, and may have seen the tables empty.

        By what it saw, to delete 1,000 jobs took 10 s.
        """
        tables = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables)
        connection.exec_driver_sql("SELECT 1")  # a session that broke is replaced after this
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True  # its transactions are read-only, and this is none
        try:
            driver.execute(f"ANALYZE {tables}".encode())
        except psycopg.Error as error:
            log.warning("PostgreSQL could not look how large its tables are: %s", error)
        finally:
            driver.autocommit = False


def _has(connection: Connection, lock: Lock, of: int = 0) -> bool:
    """Return whether the session has a lock; if not, it tries to take it."""
    info = connection.info
    if not info.get(lock):
        info[lock] = try_lock(connection, lock, of)
    return bool(info[lock])
