"""Queries of several requesters: whoever asks much waits for itself."""

from __future__ import annotations

import asyncio
import threading

import pytest

from torc_core.errors import MachineError
from torc_server.peers import requester
from torc_server.storage.readers import Readers
from torc_server.storage.sqlite import SQLiteDatabase


def test_a_requester_of_many_long_queries_leaves_room_for_others(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    go_on = threading.Event()

    def long(_connection) -> str:
        go_on.wait(30)
        return "long"

    async def ask(who: str, query, done: list[str]) -> None:
        requester.set(who)
        done.append(await readers.run(query))

    async def scene() -> list[str]:
        done: list[str] = []
        busy = [asyncio.create_task(ask("busy", long, done)) for _ in range(20)]
        await asyncio.sleep(0)
        for other in ("alice", "bob"):
            await asyncio.create_task(ask(other, lambda _: "short", done))
        go_on.set()
        await asyncio.gather(*busy)
        await asyncio.create_task(ask("busy", lambda _: "last", done))
        return done

    readers = Readers(database, 2)
    try:
        done = asyncio.run(asyncio.wait_for(scene(), 60))
    finally:
        go_on.set()
        readers.stop()

    assert done == ["short", "short", *["long"] * 20, "last"]


def test_what_has_not_begun_when_the_server_stops_is_given_up(tmp_path):
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    go_on = threading.Event()

    async def scene() -> str:
        running = asyncio.create_task(readers.run(lambda _: "done" if go_on.wait(30) else ""))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(readers.run(lambda _: "never"))
        await asyncio.sleep(0)
        readers.refuse_waiting()
        with pytest.raises(MachineError, match="stops"):
            await waiting
        go_on.set()
        return await running

    readers = Readers(database, 1)
    try:
        assert asyncio.run(asyncio.wait_for(scene(), 60)) == "done"
    finally:
        go_on.set()
        readers.stop()
