"""A database for every test: SQLite's in memory, or one of PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache, partial

import pytest
from server.rules.bench import Bench
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from torc_server.storage.migrations import migrate
from torc_server.storage.postgres.database import PostgresDatabase


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


_make_engine: Callable[[], Engine] = memory_engine
_shared_engine: Callable[[], Engine] | None = None
"""Of a database that several tests use, each in a transaction that is rolled back."""


def new_engine() -> Engine:
    """Return an engine of a new database, of the kind that the tests are for."""
    return _make_engine()


@contextmanager
def database():
    """Yield a connection, in a transaction, to a new database."""
    engine = _shared_engine() if _shared_engine else new_engine()
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


ON_BOTH = ("test_claims", "test_tokens")
"""Modules that the suite tries on both kinds of databases; all others by `--on postgresql`."""


def pytest_generate_tests(metafunc):
    is_on_one = metafunc.config.getoption("--on") == "postgresql"
    if metafunc.module.__name__.endswith(ON_BOTH) and not is_on_one:
        metafunc.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request):
    """Make databases of the kind that a test is for."""
    global _make_engine, _shared_engine  # noqa: PLW0603 - tests make them where no fixture reaches
    _make_engine, _shared_engine = memory_engine, None
    chosen = getattr(request, "param", request.config.getoption("--on"))
    if chosen == "postgresql":
        postgres = request.getfixturevalue("postgres")
        _make_engine = partial(_new_postgres_engine, postgres)
        _shared_engine = partial(_rolled_back_engine, postgres)
    return chosen


@cache
def _rolled_back_engine(postgres):
    return _new_postgres_engine(postgres)


def _new_postgres_engine(postgres):
    return postgres_engine(postgres.create())


@pytest.fixture
def bench(kind):
    with database() as connection:
        yield Bench(connection)


def _memory():
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection
