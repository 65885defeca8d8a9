"""Runs tasks: long work that continues after its request was answered."""

from __future__ import annotations

import asyncio
import logging

from torc_core.clock import Clock
from torc_core.errors import MachineError, TorcError
from torc_core.model.ids import WorkflowId
from torc_core.model.records.task import Task
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
"""How long to wait before a failure that could not be recorded is recorded again."""

log = logging.getLogger(__name__)


class Background:
    """The running tasks. Those that a stopping server has not finished, the next one fails."""

    def __init__(self, writer: Writer, readers: Readers, clock: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self, workflow_id: WorkflowId, operation: str, work: Work) -> Task:
        """Start work on a workflow, and return its task once it is stored.

        Raises:
            NotFoundError: There is no such workflow.
            ConflictError: It has an unfinished task.
        """
        # Checked by a reader, too: the writer may be busy with the other task for long.
        await self._readers.run(check_idle, workflow_id)
        task = await self._writer.run_timed(begin_task, workflow_id, operation)
        running = asyncio.create_task(self._perform(task.id, work))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return task

    def stop(self) -> None:
        """Start no more work; the writer finishes what it has begun."""
        for running in self._running:
            running.cancel()

    async def _perform(self, task_id: int, work: Work) -> None:
        try:
            # On its own, before the work is queued, so that readers see the task as running.
            await self._writer.run_timed(start_task, task_id)
            await self._writer.run_timed(perform_task, task_id, work, clock=self._clock.wall_ms)
        except TorcError as error:
            await self._fail(task_id, error.message)
        except Exception:
            log.exception("task %d failed", task_id)
            await self._fail(task_id, "The server failed; its log has the reason.")

    async def _fail(self, task_id: int, error: str) -> None:
        """Record a failure, if necessary once the disk has room again."""
        while True:
            try:
                await self._writer.run_timed(fail_task, task_id, error)
            except MachineError as problem:
                log.warning("the failure of task %d cannot be recorded: %s", task_id, problem)
                await asyncio.sleep(PERIOD_S)
            else:
                return
