"""Queries on PostgreSQL when the server stops."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from waiting import wait_for

from torc_core.errors import MachineError
from torc_server.storage.readers import Readers

RUNS = """
SELECT 1 FROM pg_stat_activity
WHERE (query LIKE 'SELECT pg_sleep%' OR query LIKE 'ANALYZE%') AND state = 'active'
"""


LOOKED = "SELECT 1 FROM pg_class WHERE relname = 'workflow' AND reltuples >= 0"


@pytest.fixture
def name(address):
    return address.partition("@/")[2].partition("?")[0]


def test_tables_that_are_measured_when_the_server_stops_are_left(
    database, connection, postgres, address, name
):
    async def scene():
        readers = Readers(database, 1)
        measuring = asyncio.create_task(readers.run(database.sharing.measure_tables))
        await asyncio.to_thread(wait_for, lambda: postgres.execute(RUNS, name), "the measuring")
        await asyncio.to_thread(readers.stop)
        await measuring

    with psycopg.connect(address) as locked:
        locked.execute("LOCK TABLE job")
        asyncio.run(asyncio.wait_for(scene(), 200))
    wait_for(lambda: not postgres.execute(RUNS, name), "the end of it")


def test_tables_are_measured_by_a_reader_whose_session_broke(database, connection, postgres):
    async def scene():
        readers = Readers(database, 1)
        measure = database.sharing.measure_tables
        pid = await readers.run(
            lambda conn: conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        )
        postgres.execute(f"SELECT pg_terminate_backend({pid})")
        await readers.run(measure)
        found = await readers.run(lambda conn: conn.exec_driver_sql(LOOKED).all())
        readers.stop()
        return found

    assert asyncio.run(asyncio.wait_for(scene(), 200))


def test_what_runs_when_the_server_stops_is_interrupted(database, connection, postgres, name):
    async def scene():
        readers = Readers(database, 1)
        asked = asyncio.create_task(
            readers.run(lambda conn: conn.exec_driver_sql("SELECT pg_sleep(300)").all())
        )
        await asyncio.to_thread(wait_for, lambda: postgres.execute(RUNS, name), "the query")
        await asyncio.to_thread(readers.stop)
        with pytest.raises(MachineError, match="server stops"):
            await asked

    asyncio.run(asyncio.wait_for(scene(), 200))
    wait_for(lambda: not postgres.execute(RUNS, name), "the end of the query")
