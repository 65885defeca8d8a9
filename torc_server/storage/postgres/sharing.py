"""One server among several that use a database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from torc_server.storage.notify import Changes
from torc_server.storage.postgres.connections import TURN
from torc_server.storage.postgres.listener import CHANNEL, listening, messages
from torc_server.storage.postgres.locks import Lock, try_lock, try_lock_in_transaction, unlock
from torc_server.storage.statements import send

_WALL_MS = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class Shared:
    """What PostgreSQL knows for a server of the others.

    Args:
        url: The database.
    """

    is_alone = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._instance = secrets.token_hex(8)
        """How this server calls itself in messages to others."""
        self._held: set[int] = set()
        """The tasks that this server works on."""
        self.transaction: str | None = None
        """The latest one of which the moment was asked."""

    def moment(self, connection: Connection, clock_ms: int) -> int:
        """Return the time of a transaction that has begun, by the clock of the database."""
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

    def state_of(self, connection: Connection) -> None:
        """Return None: to ask the database takes as long as a query."""
        del connection

    def leads(self, connection: Connection) -> bool:
        """Return whether this server does what one is to do for all."""
        info = connection.info
        if not info.get(Lock.LEADER):
            info[Lock.LEADER] = try_lock(connection, Lock.LEADER)
        return bool(info[Lock.LEADER])

    def hold(self, connection: Connection, task_id: int) -> None:
        """Note that this server works on a task."""
        held: set[int] = connection.info.setdefault(Lock.TASK, set())
        if task_id not in held:
            try_lock(connection, Lock.TASK, task_id)
            held.add(task_id)
        self._held.add(task_id)

    def release(self, connection: Connection, task_id: int) -> None:
        """Note that this server works on a task no longer."""
        held: set[int] = connection.info.setdefault(Lock.TASK, set())
        if task_id in held:
            unlock(connection, Lock.TASK, task_id)
            held.discard(task_id)
        self._held.discard(task_id)

    def is_abandoned(self, connection: Connection, task_id: int) -> bool:
        """Return whether no server works on a task."""
        return task_id not in self._held and try_lock_in_transaction(connection, Lock.TASK, task_id)
