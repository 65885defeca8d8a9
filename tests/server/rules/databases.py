"""Databases for tests of the rules: SQLite's in memory, or those of PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from postgresql import Postgres
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from torc_server.storage.migrations import migrate
from torc_server.storage.postgres.database import PostgresDatabase

_postgres: Postgres | None = None
"""The server on which databases are made; without one they are SQLite's."""


def use(postgres: Postgres | None) -> None:
    """Make databases from now on on a server of PostgreSQL, or, without one, in memory."""
    global _postgres  # noqa: PLW0603 - tests make them where no fixture reaches
    _postgres = postgres


def new_engine() -> Engine:
    """Return an engine of a new database, of the kind that the tests are for."""
    return memory_engine() if _postgres is None else postgres_engine(_postgres.create())


@contextmanager
def database() -> Iterator[Connection]:
    """Yield a connection, in a transaction, to an empty database."""
    engine = memory_engine() if _postgres is None else _shared_engine(_postgres)
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def memory_engine() -> Engine:
    """Return an engine of a new database in memory, which lives as long as it."""
    engine = create_engine("sqlite://", creator=_memory, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    SQLModel.metadata.create_all(engine)
    return engine


def postgres_engine(url: str) -> Engine:
    """Return an engine of an empty database of PostgreSQL."""
    database = PostgresDatabase(url)
    engine = database.writer_engine()
    with engine.connect() as connection:
        migrate(connection, database, 0)
    return engine


@cache
def _shared_engine(postgres: Postgres) -> Engine:
    """Return an engine of a database that several tests use: each rolls back."""
    return postgres_engine(postgres.create())


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection
