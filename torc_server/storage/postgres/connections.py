"""Connections to PostgreSQL: how they are opened, and what each does at the start of transactions.

One server writes at a time: a transaction that writes begins with a lock, which it has to its end.
So the rules hold as on a database with one writer, ids of events grow in the order of commits, and
two transactions never wait for each other. A group of requests is one transaction: the lock is
passed on some hundred times a second.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Literal

import msgspec
import psycopg
from psycopg import IsolationLevel
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from torc_server.storage.postgres.locks import Lock
from torc_server.storage.postgres.pipelines import use_pipelines
from torc_server.storage.statements import FIRST, FIRST_ROWS, PIPELINE

log = logging.getLogger(__name__)

_STATEMENTS = 400
"""How many statements stay compiled, by SQLAlchemy and as prepared ones of each connection."""
_CONNECT_S = 10
_CANCEL_S = 1.0
TURN = "turn"
"""The key in `Connection.info` of what `_TAKE_TURN` returned: the moment and the transaction."""

# The lock comes first, and then the clock: times never contradict the order of commits, not even
# when another server has the next turn or the clock is set back.
_TAKE_TURN = """
SELECT CASE WHEN pg_advisory_xact_lock(%s::int, 0) IS NOT NULL THEN
    setval('moment', greatest(
        (SELECT last_value FROM moment), (extract(epoch FROM clock_timestamp()) * 1000)::bigint
    ))
END, pg_current_xact_id()::text
"""
_TAKE_FIRST_TURN = "SELECT pg_advisory_xact_lock(%s::int, 0)"
_WRITE = (int(Lock.WRITE),)
_HAS_MOMENT = "SELECT to_regclass('moment') IS NOT NULL"

_OPTIONS: dict[str, Any] = {
    "application_name": "torc-server",
    "client_encoding": "utf8",
    "connect_timeout": _CONNECT_S,
    # A server that is gone without a word releases its locks.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SESSION = {
    "idle_in_transaction_session_timeout": "60s",  # one that has stopped keeps no others waiting
    "DateStyle": "ISO",
    "jit": "off",  # to compile a statement takes a hundred times as long as to execute it
}


class _NumberLoader(Loader):
    """Sums of 64-bit integers are decimals to PostgreSQL."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text or b"n" in text.lower() else int(text)


def connect(url: str, kind: Literal["writer", "reader", "listener"]) -> psycopg.Connection[Any]:
    """Return a new connection.

    Raises:
        psycopg.Error: There is none.
    """
    given = conninfo_to_dict(url)
    connection: psycopg.Connection[Any] = psycopg.connect(make_conninfo(**_OPTIONS | given))
    connection.autocommit = True
    for name, value in _SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.autocommit = kind == "listener"
    is_reader = kind == "reader"
    connection.isolation_level = (
        IsolationLevel.REPEATABLE_READ if is_reader else IsolationLevel.READ_COMMITTED
    )
    connection.read_only = is_reader
    connection.prepared_max = _STATEMENTS
    connection.adapters.register_loader("numeric", _NumberLoader)
    # By default numbers have the least type that holds them, and so a statement has many forms.
    connection.adapters.register_dumper(int, Int8Dumper)
    set_json_dumps(_json_bytes, connection)
    set_json_loads(json.loads, connection)
    return connection


def engine_of(url: str, kind: Literal["writer", "reader"]) -> Engine:
    """Return an engine whose connections are of a kind."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, kind),
        poolclass=NullPool,
        paramstyle="format",  # as prepared statements need it
        query_cache_size=_STATEMENTS,
        use_native_hstore=False,
    )
    if kind == "writer":
        use_pipelines(engine)
        event.listen(engine, "begin", _take_turn)
    return engine


def interrupt(connection: Connection) -> None:
    """End the statement that another thread executes, if PostgreSQL can be reached."""
    if connection.invalidated:
        return
    driver: Any = connection.connection.driver_connection
    try:
        driver.cancel_safe(timeout=_CANCEL_S)
    except psycopg.Error as error:
        log.debug("a query could not be interrupted: %s", error)


def _take_turn(connection: Connection) -> None:
    info = connection.info
    info.pop(TURN, None)
    info.pop(FIRST_ROWS, None)
    if not info.get("has_moment"):  # a new database
        connection.exec_driver_sql(_TAKE_FIRST_TURN, _WRITE)
        info["has_moment"] = connection.exec_driver_sql(_HAS_MOMENT).scalar_one()
    if info["has_moment"]:
        _take_in_pipeline(connection)


def _take_in_pipeline(connection: Connection) -> None:
    """Take the turn, and read what is read first, by one message to PostgreSQL.

    By the driver: SQLAlchemy would leave the pipeline.
    """
    info = connection.info
    driver: Any = connection.connection.driver_connection
    dialect: Any = connection.dialect  # its protocol has an error of its own
    try:
        info[PIPELINE].enter(driver)
        turn = driver.execute(_TAKE_TURN, _WRITE)
        first = driver.execute(*info[FIRST]) if FIRST in info else None
        info[TURN] = turn.fetchone()
        if first is not None:
            info[FIRST_ROWS] = first.fetchall()
    except psycopg.Error as error:
        if dialect.is_disconnect(error, driver, None):
            connection.invalidate(error)
        raise


def _json_bytes(value: object) -> bytes:
    return msgspec.json.encode(value)
