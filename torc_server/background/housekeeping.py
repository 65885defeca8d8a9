"""Periodic work: leases of silent runners, work of dead servers, and what is due now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from torc_core.clock import Clock
from torc_core.errors import TorcError
from torc_core.model.records.timers import RunnerTimers
from torc_server.rules.attempts.lost.leases import (
    LeaseClock,
    Silence,
    expire_leases,
    heard_by_now,
    lose_rebooted,
    suspect_silent,
)
from torc_server.storage.database import Database
from torc_server.storage.writer import Writer

PERIOD_S = 5.0
MISSED_HEARTBEAT = 1.5
"""In heartbeat intervals: after this, a heartbeat is missing, not only late."""
LOOKS = 10
"""How many times, at least, the server looks at runners before a silent one is suspect."""
FORGETS_EVERY_S = 600.0
GIVES_BACK_EVERY_S = 60.0

log = logging.getLogger(__name__)


def period_s(timers: RunnerTimers) -> float:
    """Return how long to wait between two looks for runners and servers that are gone."""
    return min(PERIOD_S, timers.suspect_seconds / LOOKS)


async def keep_house(
    database: Database, writer: Writer, clock: Clock, timers: RunnerTimers
) -> None:
    """Look for silent runners, for as long as the server runs, if no other server does.

    Leases start over with the server that looks: it knows of no heartbeat that came while none did.
    """
    leases: LeaseClock | None = None
    while True:
        await asyncio.sleep(period_s(timers))
        try:
            if await writer.run_timed(take_the_lead, database) is None:
                leases = None
                continue
            wall_ms = await writer.run(read_clock, database, clock)
            monotonic_s = clock.monotonic()
            leases = leases or LeaseClock(monotonic_s, wall_ms - monotonic_s * 1000)
            await look_for_silent(writer, leases, timers, monotonic_s=monotonic_s, wall_ms=wall_ms)
        except TorcError as error:  # a full disk, which may have room again later
            log.warning("the jobs of silent runners could not be released: %s", error)
        except Exception:
            log.exception("the jobs of silent runners could not be released")


def take_the_lead(connection: Connection, database: Database, *, now_ms: int) -> int | None:
    """Return the time of the transaction, if this server does what one does for all."""
    return now_ms if database.sharing.leads(connection) else None


def read_clock(connection: Connection, database: Database, clock: Clock) -> int:
    """Return the wall clock's time, and let no heartbeat be later.

    When the clock is set back records keep their order, but silence is by the clock.
    """
    wall_ms = database.sharing.wall_ms(connection, clock.wall_ms())
    heard_by_now(connection, wall_ms)
    return wall_ms


async def look_for_silent(
    writer: Writer, leases: LeaseClock, timers: RunnerTimers, *, monotonic_s: float, wall_ms: int
) -> None:
    """Release the jobs of runners that are lost, and record who is suspect."""

    def silence(silence_s: float) -> Silence | None:
        return leases.silence(monotonic_s, wall_ms, silence_s)

    if (lost := silence(timers.lost_seconds)) is not None:
        for node_id in await writer.run_timed(expire_leases, lost):
            log.warning("compute node %d went silent; its jobs are released", node_id)
    if (missed := silence(timers.heartbeat_seconds * MISSED_HEARTBEAT)) is not None:
        for node_id in await writer.run_timed(lose_rebooted, missed):
            log.warning("the machine of compute node %d was started again", node_id)
    if (suspect := silence(timers.suspect_seconds)) is not None:
        for node_id in await writer.run_timed(suspect_silent, suspect):
            log.info("compute node %d is suspect: its heartbeat is overdue", node_id)


async def do_in_slices(part: Callable[[], Awaitable[bool]], every_s: float, problem: str) -> None:
    """Do what is due part by part, and look again and again, for as long as the server runs.

    Args:
        part: Does a part of it, and returns whether there is more.
        every_s: When to look again.
        problem: What is logged when it fails.
    """
    while True:
        try:
            while await part():
                pass
        except TorcError as error:  # a full disk, which may have room again later
            log.warning("%s: %s", problem, error)
        except Exception:
            log.exception("%s", problem)
        await asyncio.sleep(every_s)
