"""Queries of several requesters: a client that asks much waits only for itself."""

from __future__ import annotations

import asyncio
import threading

import pytest

from torc_core.errors import MachineError
from torc_server.peers import requester
from torc_server.storage.readers import AT_ONCE, Readers
from torc_server.storage.sqlite.database import SQLiteDatabase


def test_a_requester_of_many_queries_leaves_room_for_others(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()

    async def ask(who: str, effort: int, done: list[str]) -> None:
        requester.set(who)
        await readers.run(lambda _: sum(range(effort)))
        done.append(who)

    async def scene() -> list[str]:
        done: list[str] = []
        busy = [asyncio.create_task(ask("busy", 100_000, done)) for _ in range(300)]
        await asyncio.sleep(0)
        for other in ("alice", "bob"):
            await asyncio.create_task(ask(other, 1, done))
        await asyncio.gather(*busy)
        return done

    readers = Readers(database, 2)
    try:
        done = asyncio.run(asyncio.wait_for(scene(), 60))
    finally:
        readers.stop()

    assert len(done) == 302
    assert done.index("alice") < done.index("bob") < 150


def test_what_has_not_begun_when_the_server_stops_is_given_up(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    go_on = threading.Event()

    async def scene() -> str:
        running = asyncio.create_task(readers.run(lambda _: "done" if go_on.wait(100) else ""))
        others = [asyncio.create_task(readers.run(lambda _: "done")) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(readers.run(lambda _: "never"))
        await asyncio.sleep(0)
        readers.refuse_waiting()
        with pytest.raises(MachineError, match="stops"):
            await waiting
        go_on.set()
        assert await asyncio.gather(*others) == ["done"] * AT_ONCE
        return await running

    readers = Readers(database, 1)
    try:
        assert asyncio.run(asyncio.wait_for(scene(), 60)) == "done"
    finally:
        go_on.set()
        readers.stop()


def test_a_database_that_is_gone_is_an_error_of_the_machine(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    (tmp_path / "torc.db").unlink()
    readers = Readers(database, 1)
    try:
        with pytest.raises(MachineError, match="cannot open its database") as caught:
            asyncio.run(readers.run(lambda _: 1))
    finally:
        readers.stop()

    assert caught.value.details == {"database": "missing"}
