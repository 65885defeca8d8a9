"""What the interface says of a server that answers, but not well."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest
from tui.driving import interface

from torc_core.errors import MachineError, ServerError
from torc_core.model.workflow import Health, Workflow
from torc_server.storage.health import LARGE_JOURNAL_BYTES, LOW_BYTES, Room, health_of
from torc_tui.state.servers.health import HealthLook, health_cell, health_sentence

FINE = Room(free_bytes=LOW_BYTES, journal_bytes=0, is_writable=True)


@pytest.mark.parametrize(
    ("trouble", "room", "state"),
    [
        (None, FINE, "ok"),
        (MachineError("No space.", database="full"), FINE, "full"),
        (MachineError("Whatever."), FINE, "failing"),
        (None, FINE._replace(is_writable=False), "read-only"),
        (None, FINE._replace(free_bytes=LOW_BYTES - 1), "low"),
        (None, FINE._replace(journal_bytes=LARGE_JOURNAL_BYTES + 1), "journal"),
    ],
)
def test_a_server_knows_how_its_database_is(trouble, room, state):
    health = health_of(trouble, room)

    assert health.database == state
    assert bool(health.problem) == (state != "ok")
    look = HealthLook(health, 0.01)
    assert (health_cell(look) is None) == (state == "ok")


@pytest.mark.parametrize(
    ("latency_s", "said"),
    [(0.49, None), (0.6, "answers in 0.5s"), (1.9, "answers in 1s"), (99, "answers in 30s")],
)
def test_a_latency_is_named_only_where_it_is_felt_and_in_steps(latency_s, said):
    cell = health_cell(HealthLook(Health(status="ok"), latency_s))

    assert (cell and cell.text) == said


def test_a_change_is_said_once():
    full = HealthLook(
        Health(status="ok", database="full", problem="No space.", hint="Free some."), 0
    )
    fine = HealthLook(Health(status="ok"), 0)

    assert health_sentence(None, fine) == ""
    assert health_sentence(fine, full) == "No space. Free some."
    assert health_sentence(full, full) == ""
    assert health_sentence(full, fine) == "The server's database is in order again."


async def test_a_database_that_cannot_be_written_is_in_the_header_until_it_can(make_server):
    own = make_server()
    client = own.client()
    client.create_workflow(Workflow(name="kept", user="tester"))
    async with interface(own.url) as ui:
        await ui.wait_for("kept")
        with contextlib.closing(sqlite3.connect(own.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ServerError, match="locked"):
                await asyncio.to_thread(
                    client.create_workflow, Workflow(name="refused", user="tester")
                )
            await ui.wait_for("✗ database locked")
            other.execute("ROLLBACK")
        client.create_workflow(Workflow(name="written", user="tester"))
        await ui.wait_for(lambda: "database locked" not in ui.seen())
        await ui.wait_for("written")
