"""Queries on PostgreSQL when the server stops."""

from __future__ import annotations

import asyncio

import pytest
from waiting import wait_for

from torc_core.errors import MachineError
from torc_server.storage.readers import Readers

RUNS = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"


def test_what_runs_when_the_server_stops_is_interrupted(database, connection, postgres, address):
    name = address.partition("@/")[2].partition("?")[0]

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
