"""Advisory locks: what one server at a time does of all that use a database.

They belong to a transaction, or to a session, and PostgreSQL releases them when it ends, however
it ends. Each is a pair of numbers: what kind of lock it is, and of what.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection

_SPACE = 0x746F72
"""Added to each kind, so that other programs in the database have other locks."""


class Lock(IntEnum):
    """The kinds of locks."""

    WRITE = _SPACE
    """Of transactions that write: one at a time, as on a database with one writer."""
    SCHEMA = _SPACE + 1
    """Of a version of the schema; shared by the servers that know the database in it."""
    LEADER = _SPACE + 2
    """Of the server that does what one is to do for all."""
    SERVER = _SPACE + 3
    """Of a server, by its number, for as long as it is there."""


def try_lock(connection: Connection, lock: Lock, of: int = 0, *, shared: bool = False) -> bool:
    """Take a lock for the session, unless another session has it; return whether it has it."""
    function = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    return _ask(connection, function, lock, of)


def try_lock_in_transaction(connection: Connection, lock: Lock, of: int = 0) -> bool:
    """Take a lock until the end of the transaction, unless another session has it."""
    return _ask(connection, "pg_try_advisory_xact_lock", lock, of)


def unlock(connection: Connection, lock: Lock, of: int = 0, *, shared: bool = False) -> None:
    """Release a lock of the session."""
    _ask(connection, "pg_advisory_unlock_shared" if shared else "pg_advisory_unlock", lock, of)


def _ask(connection: Connection, function: str, lock: Lock, of: int) -> bool:
    answer: bool = connection.exec_driver_sql(
        f"SELECT {function}(%s::int, %s::int)", (int(lock), of & 0x7FFFFFFF)
    ).scalar_one()
    return answer
