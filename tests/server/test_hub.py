"""Wake-ups: none is missed, none comes to the wrong one."""

from __future__ import annotations

import asyncio

from torc_server.storage.notify import REMEMBERED, Hub


async def test_a_change_before_the_wait_ends_it_at_once():
    hub = Hub()
    version = hub.version(1)
    hub.notify([1])

    assert await hub.wait(1, version, 30) > version


async def test_a_change_of_another_workflow_wakes_nobody():
    hub = Hub()
    waiter = asyncio.ensure_future(hub.wait(1, 0, 0.05))
    await asyncio.sleep(0)
    hub.notify([2])

    assert await waiter == 0


async def test_closing_ends_every_wait_now_and_later():
    hub = Hub()
    waiters = [asyncio.ensure_future(hub.wait(number, 0, 30)) for number in range(3)]
    await asyncio.sleep(0)

    hub.close()

    assert await asyncio.gather(*waiters) == [0, 0, 0]
    assert await hub.wait(1, 0, 30) == 0


async def test_waits_that_ended_leave_nothing_behind():
    hub = Hub()
    await hub.wait(1, 0, 0.001)
    abandoned = asyncio.ensure_future(hub.wait(2, 0, 30))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)

    assert not hub._waiters


async def test_versions_of_many_workflows_are_forgotten_and_no_change_is_missed():
    hub = Hub()
    hub.notify([1])
    known = hub.version(1)
    for number in range(2, REMEMBERED + 10):
        hub.notify([number])
    forgotten = hub.version(1)
    hub.notify([1])

    assert len(hub._versions) <= REMEMBERED
    assert known < forgotten < hub.version(1)
    assert await hub.wait(1, forgotten, 30) == hub.version(1)
