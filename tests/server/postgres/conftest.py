"""A database of PostgreSQL, and groups of requests on it."""

from __future__ import annotations

import asyncio

import pytest
from server.postgres.breaking_way import BreakingWay

from torc_core.clock import SystemClock
from torc_server.storage.groups import Groups, Request
from torc_server.storage.migrations import migrate
from torc_server.storage.postgres.database import PostgresDatabase


@pytest.fixture
def address(postgres):
    return postgres.create()


@pytest.fixture
def way(address):
    """A way to the database at `address`."""
    with BreakingWay(address) as opened:
        yield opened


@pytest.fixture
def database(address):
    return PostgresDatabase(address)


@pytest.fixture
def connection(database):
    with database.writer_engine().connect() as opened:
        migrate(opened, database, 0)
        yield opened


@pytest.fixture
def run(database, connection):
    """Run functions over the connection as one group, and return their outcomes."""
    groups = Groups(database, SystemClock(), lambda *_: None)

    def run(*functions):
        loop = asyncio.new_event_loop()
        requests = [
            Request(lambda conn, _, __, fn=fn: [fn(conn)], None, loop.create_future())
            for fn in functions
        ]
        groups.run(connection, requests)
        loop.close()
        return [request.outcome for request in requests]

    return run
