"""A database in memory for every test."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

import pytest
from server.rules.bench import Bench
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel


@contextmanager
def database():
    """Yield a connection, in a transaction, to a new database."""
    engine = new_engine()
    with engine.connect() as connection, connection.begin():
        yield connection
    engine.dispose()


def new_engine():
    """Return an engine of a new database, which lives as long as it."""
    engine = create_engine("sqlite://", creator=_memory, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    SQLModel.metadata.create_all(engine)
    return engine


@pytest.fixture
def bench():
    with database() as connection:
        yield Bench(connection)


def _memory():
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection
