"""Wake-ups: none is missed, none comes to the wrong one."""

from __future__ import annotations

import asyncio

from torc_server.storage.notify import REMEMBERED, Notifier


async def test_a_change_before_the_wait_ends_it_at_once():
    notifier = Notifier()
    version = notifier.version(1)
    notifier.notify([1])

    assert await notifier.wait(1, version, 30) > version


async def test_a_change_of_another_workflow_wakes_nobody():
    notifier = Notifier()
    waiter = asyncio.ensure_future(notifier.wait(1, 0, 0.05))
    await asyncio.sleep(0)
    notifier.notify([2])

    assert await waiter == 0


async def test_closing_ends_every_wait_now_and_later():
    notifier = Notifier()
    waiters = [asyncio.ensure_future(notifier.wait(number, 0, 30)) for number in range(3)]
    await asyncio.sleep(0)

    notifier.close()

    assert await asyncio.gather(*waiters) == [0, 0, 0]
    assert await notifier.wait(1, 0, 30) == 0


async def test_waits_that_ended_leave_nothing_behind():
    notifier = Notifier()
    await notifier.wait(1, 0, 0.001)
    abandoned = asyncio.ensure_future(notifier.wait(2, 0, 30))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)

    assert not notifier._waiters


async def test_versions_of_many_workflows_are_forgotten_and_no_change_is_missed():
    notifier = Notifier()
    notifier.notify([1])
    known = notifier.version(1)
    for number in range(2, REMEMBERED + 10):
        notifier.notify([number])
    forgotten = notifier.version(1)
    notifier.notify([1])

    assert len(notifier._versions) <= REMEMBERED
    assert known < forgotten < notifier.version(1)
    assert await notifier.wait(1, forgotten, 30) == notifier.version(1)
