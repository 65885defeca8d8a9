"""The policy of an administrator: how long events and finished workflows are kept."""

from __future__ import annotations

import logging

from torc_core.model.ids import EventId
from torc_core.units import counted
from torc_server.background.housekeeping import take_the_lead
from torc_server.background.large_work import LargeWork
from torc_server.rules.large.retention import finished_workflows, forget_events
from torc_server.settings import Retention
from torc_server.storage.database import Database
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

EVERY_S = 3600.0

log = logging.getLogger(__name__)


class Pruning:
    """Deletes what is kept no longer, with the requests of others in between."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        readers: Readers,
        large_work: LargeWork,
        policy: Retention,
    ) -> None:
        self._database = database
        self._writer = writer
        self._readers = readers
        self._large_work = large_work
        self._policy = policy

    async def prune(self) -> bool:
        """Delete what is due, if no other server does; return that there is no more."""
        now_ms = await self._writer.run_timed(take_the_lead, self._database)
        if now_ms is not None:
            if (days := self._policy.workflows_days) is not None:
                await self._prune_workflows(_before(now_ms, days))
            if (days := self._policy.events_days) is not None:
                await self._prune_events(_before(now_ms, days))
        return False

    async def _prune_workflows(self, before_ms: int) -> None:
        for workflow_id in await self._readers.run(finished_workflows, before_ms):
            gone = await self._large_work.delete_finished(workflow_id, before_ms)
            if gone is not None:
                log.info(
                    "workflow %d (%s, of %s) is deleted: it was finished for %g days",
                    *(workflow_id, gone.name, gone.user, self._policy.workflows_days),
                )

    async def _prune_events(self, before_ms: int) -> None:
        number, after = 0, EventId(0)
        while True:
            forgotten = await self._writer.run(forget_events, before_ms, after)
            number += forgotten.number
            if forgotten.after is None:
                break
            after = forgotten.after
        if number:
            what = counted(number, "event")
            log.info("%s older than %g days deleted", what, self._policy.events_days)


def _before(now_ms: int, days: float) -> int:
    return now_ms - int(days * 86_400_000)
