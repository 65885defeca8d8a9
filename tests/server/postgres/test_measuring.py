"""When PostgreSQL is made to look how large its tables are, which it does not do for nothing."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from torc_core.clock import SystemClock
from torc_core.model.workflow import Workflow
from torc_server.background.large_work import LargeWork, Sizes
from torc_server.rules.workflows import create_workflow
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

NOW = 1_700_000_000_000
FINISH = """
INSERT INTO event (workflow_id, timestamp, event_type, severity, data)
SELECT workflow.id, 0, 'e', 0, '{}' FROM workflow, generate_series(1, 9);
UPDATE workflow SET is_canceled = true;
"""
LOOKED = "SELECT 1 FROM pg_class WHERE relname = 'workflow' AND reltuples >= 0"


@pytest.mark.parametrize(("rows", "looks"), [(100, False), (2, True)], ids=["at once", "in slices"])
def test_tables_are_measured_before_a_workflow_is_deleted_in_slices(
    database, connection, address, rows, looks
):
    async def scene():
        writer = Writer(database, Notifier(), clock=SystemClock())
        readers = Readers(database, 1)
        work = LargeWork(database, writer, readers, Sizes(rows=rows))
        made = await writer.run_timed(create_workflow, Workflow(name="w", user="u"))
        with psycopg.connect(address, autocommit=True) as direct:
            direct.execute(FINISH)
            assert await work.delete_finished(made.id, NOW) is not None
            found = direct.execute(LOOKED).fetchall()
            assert not direct.execute("SELECT 1 FROM workflow").fetchall()
        readers.stop()
        await writer.stop()
        return bool(found)

    assert asyncio.run(asyncio.wait_for(scene(), 100)) is looks
