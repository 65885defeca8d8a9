"""Periodic work: the leases of silent runners."""

from __future__ import annotations

import asyncio
import logging

from torc_core.clock import Clock
from torc_core.errors import TorcError
from torc_server.rules.attempts.leases import LeaseClock, expire_leases
from torc_server.storage.writer import Writer

PERIOD_S = 5.0

log = logging.getLogger(__name__)


async def keep_house(writer: Writer, clock: Clock) -> None:
    """Release the jobs of runners that went silent, for as long as the server runs."""
    leases = LeaseClock(clock.monotonic(), clock.wall_ms() - clock.monotonic() * 1000)
    while True:
        await asyncio.sleep(PERIOD_S)
        since = leases.expired_before(clock.monotonic(), clock.wall_ms())
        if since is None:
            continue
        try:
            for node_id in await writer.run_timed(expire_leases, since):
                log.warning("compute node %d went silent; its jobs are ready again", node_id)
        except TorcError as error:  # a full disk, which may have room again later
            log.warning("the jobs of silent runners could not be released: %s", error)
        except Exception:
            log.exception("the jobs of silent runners could not be released")
