"""Runs tasks: long work that continues after its request was answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from torc_core.decoders import decode
from torc_core.errors import MachineError, TorcError
from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.records.task import Task
from torc_server.records.tasks import begin_task, check_idle, fail_task
from torc_server.storage.database import Database
from torc_server.storage.readers import Readers
from torc_server.storage.repeats.answers import check_unanswered
from torc_server.storage.repeats.keys import AlreadyAnsweredError
from torc_server.storage.transactions import Transactions
from torc_server.storage.writer import Writer

Work = Callable[[TaskId], Awaitable[object]]
"""Does the work of a task, and records in its transactions that it runs and that it is done."""
PERIOD_S = 5.0
"""How long to wait before a failure that could not be recorded is recorded again."""

log = logging.getLogger(__name__)


class Background:
    """The running tasks."""

    def __init__(self, database: Database, writer: Writer, readers: Readers) -> None:
        self._server = database.sharing.server
        self._writer = writer
        self._readers = readers
        self._running: dict[TaskId, asyncio.Task[None]] = {}
        self._beginning = 0
        """How many tasks are being stored."""

    def has(self, task_id: TaskId) -> bool:
        """Return whether a task is under way, or may be one that is being stored; in any thread."""
        return task_id in self._running or self._beginning > 0

    async def begin(
        self, writer: Transactions, workflow_id: WorkflowId, operation: str, work: Work
    ) -> Task:
        """Start work on a workflow, and return its task once it is stored.

        A request that comes again starts nothing, and gets the task that it started before.

        Raises:
            NotFoundError: There is no such workflow.
            ConflictError: It has an unfinished task.
        """
        try:
            # By a reader, too: the writer may be busy with the other task for long.
            if writer.key is None:
                await self._readers.run(check_idle, workflow_id)
            else:
                await self._readers.run(check_unanswered, writer.key)
            self._beginning += 1
            try:
                task = await writer.run_timed(begin_task, workflow_id, operation, self._server)
                self._running[task.id] = asyncio.create_task(self._perform(task.id, work))
            finally:
                self._beginning -= 1
        except AlreadyAnsweredError as known:
            return decode(known.reply, Task)
        self._running[task.id].add_done_callback(lambda _: self._running.pop(task.id))
        return task

    def stop(self) -> None:
        """Start no more work; the writer finishes what it has begun."""
        for running in self._running.values():
            running.cancel()

    async def _perform(self, task_id: TaskId, work: Work) -> None:
        try:
            await work(task_id)
        except TorcError as error:
            await self._fail(task_id, error.message)
        except Exception:
            log.exception("task %d failed", task_id)
            await self._fail(task_id, "The server failed; its log has the reason.")

    async def _fail(self, task_id: TaskId, error: str) -> None:
        """Record a failure, if necessary once the disk has room again."""
        while True:
            try:
                await self._writer.run_timed(fail_task, task_id, error)
            except MachineError as problem:
                log.warning("the failure of task %d cannot be recorded: %s", task_id, problem)
                await asyncio.sleep(PERIOD_S)
            else:
                return
