"""Work that goes on after its request was answered, each piece known as a task."""

from __future__ import annotations

import asyncio
import logging

from torc_core.clock import now_ms
from torc_core.errors import MachineError, TorcError
from torc_core.model.task import Task
from torc_server.records.tasks import (
    Work,
    begin_task,
    check_idle,
    fail_task,
    perform_task,
    start_task,
)
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

PERIOD_S = 5.0
"""How long to wait before a failure that could not be noted is tried again."""

log = logging.getLogger(__name__)


class Background:
    """The tasks in hand. What a stopping server has not finished, the next one fails."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers
        self._in_hand: set[asyncio.Task[None]] = set()

    async def begin(self, workflow_id: int, operation: str, work: Work) -> Task:
        """Have work done on a workflow, and return its task once it is kept.

        Raises:
            NotFoundError: There is no such workflow.
            ConflictError: Other work on it has not finished.
        """
        # Whoever comes second is told so now; the writer may be busy with the first for long.
        await self._readers.run(check_idle, workflow_id)
        task = await self._writer.run_timed(begin_task, workflow_id, operation)
        carried = asyncio.create_task(self._carry_out(task.id, work))
        self._in_hand.add(carried)
        carried.add_done_callback(self._in_hand.discard)
        return task

    def stop(self) -> None:
        """Begin nothing more; what the writer has in hand it finishes."""
        for carried in self._in_hand:
            carried.cancel()

    async def _carry_out(self, task_id: int, work: Work) -> None:
        try:
            # On its own, and before the work is queued: so that readers see it run.
            await self._writer.run_timed(start_task, task_id)
            await self._writer.run_timed(perform_task, task_id, work, clock=now_ms)
        except TorcError as error:
            await self._fail(task_id, error.message)
        except Exception:
            log.exception("task %d failed", task_id)
            await self._fail(task_id, "The server failed; its log says why.")

    async def _fail(self, task_id: int, error: str) -> None:
        """Note a failure, if need be when the disk has room again."""
        while True:
            try:
                await self._writer.run_timed(fail_task, task_id, error)
            except MachineError as problem:
                log.warning("the end of task %d cannot be written: %s", task_id, problem)
                await asyncio.sleep(PERIOD_S)
            else:
                return
