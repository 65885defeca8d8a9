"""Databases of PostgreSQL that older versions made, brought to what the tables describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.errors import ConflictError
from torc_server.storage.migrations import VERSION, check_version, migrate
from torc_server.storage.postgres.database import PostgresDatabase
from torc_server.storage.postgres.upgrades import FIRST, UPGRADES

SCHEMA = Path(__file__).parents[2] / "data" / f"postgres_v{FIRST}.sql"
_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
FROM information_schema.columns WHERE table_schema = 'public'
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
_CONSTRAINTS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
"""


@pytest.fixture
def database(postgres):
    return PostgresDatabase(postgres.create())


@pytest.fixture
def connection(database):
    with database.writer_engine().connect() as opened:
        yield opened


def described(connection):
    """Return everything that matters of a schema."""
    with connection.begin():
        return [
            sorted(map(tuple, connection.exec_driver_sql(statement)), key=repr)
            for statement in (_COLUMNS, _INDEXES, _CONSTRAINTS)
        ]


@pytest.fixture(scope="module")
def wanted(postgres):
    database = PostgresDatabase(postgres.create())
    with database.writer_engine().connect() as connection:
        migrate(connection, database, 0)
        return described(connection)


def make_version(database, connection, version):
    """Make the database as a program of an older version left it."""
    with connection.begin():
        connection.exec_driver_sql(SCHEMA.read_text("utf-8").replace("%", "%%"))
        for step in UPGRADES[: version - FIRST]:
            step(connection)
        database.write_version(connection, version)


@pytest.mark.parametrize("version", range(FIRST, VERSION))
def test_a_database_of_each_older_version_is_brought_forward(database, connection, wanted, version):
    make_version(database, connection, version)

    migrate(connection, database, version)

    assert described(connection) == wanted
    with connection.begin():
        assert check_version(connection, database) == VERSION


def test_a_step_that_fails_leaves_the_version_before_it(database, connection, monkeypatch):
    make_version(database, connection, FIRST)
    before = described(connection)
    monkeypatch.setattr(
        "torc_server.storage.postgres.database.UPGRADES",
        (*UPGRADES, lambda conn: conn.exec_driver_sql("SELECT 1/0")),
    )

    with pytest.raises(Exception, match="division by zero"):
        migrate(connection, database, FIRST)

    assert described(connection) == before
    with connection.begin():
        assert check_version(connection, database) == FIRST


def test_nothing_is_upgraded_from_under_a_server_of_the_older_version(
    database, connection, monkeypatch
):
    make_version(database, connection, FIRST)
    with monkeypatch.context() as older:
        older.setattr("torc_server.storage.migrations.VERSION", FIRST)
        serving = database.serving()
        serving.__enter__()

    with pytest.raises(ConflictError, match="Servers of an older version"):
        migrate(connection, database, FIRST)

    serving.__exit__(None, None, None)
    migrate(connection, database, FIRST)
