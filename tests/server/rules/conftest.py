"""A database in memory, and what a test needs to say about jobs."""

from __future__ import annotations

import sqlite3

import pytest
from server.rules.bench import Bench
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel


@pytest.fixture
def bench():
    engine = create_engine("sqlite://", creator=_memory, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    SQLModel.metadata.create_all(engine)
    with engine.connect() as connection, connection.begin():
        yield Bench(connection)
    engine.dispose()


def _memory():
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection
