"""What the owner of a large workflow asks for, and what must be left of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from reliability.simulation.long_work import Services
from reliability.simulation.owner import Owner
from reliability.simulation.plans import Created, Slicing
from reliability.simulation.store import Work
from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel

from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.records.task import UNFINISHED, TaskStatus
from torc_core.model.records.workflow_run import StartRequest
from torc_server.rules.initialize import ALL, Initialization
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import left_over
from torc_server.storage.repeats.once import Once

POLL_S = 3.0
"""How often the owner looks how a task is."""
_INITIALIZED = ("workflow_started", "workflow_reinitialized")
_NEW = Initialization(only_uninitialized=True)
_task, _event = tables.task.c, tables.event.c


class LargeOwner:
    """Initializes, resets and deletes while the workflow runs.

    Args:
        owner: Sends the requests.
        created: The workflow and its neighbor.
        slicing: What is asked for.
        chance: Decides on details.
    """

    def __init__(
        self, owner: Owner, created: Created, slicing: Slicing, chance: random.Random
    ) -> None:
        self._owner = owner
        self._created = created
        self._slicing = slicing
        self._chance = chance
        self._open = 0
        """How much is yet to be asked or answered."""
        self._done: Counter[str] = Counter()
        """What was initialized, by how it was asked for."""

    def begin(self, within: Callable[[Callable[[], None]], None]) -> None:
        """Initialize the workflow, and plan the rest.

        Args:
            within: Lets something happen at some moment.
        """
        slicing = self._slicing
        some = [ALL, ALL, _NEW]
        later = [partial(self._initialize, "initialize", some) for _ in range(slicing.again)]
        later += [self._reset] * slicing.resets
        if slicing.deletes:
            later.append(self._delete)
        self._open = 1 + len(later)
        self._initialize(slicing.start, [ALL])
        for each in later:
            within(each)

    def is_idle(self, conn: Connection) -> bool:
        """Return whether all is answered and done."""
        return not (self._open or left_over(conn) or _unfinished_tasks(conn))

    def problems(self, conn: Connection) -> dict[str, list[Any]]:
        """Return what is wrong in the end, by kind."""
        workflows = [self._created.id]
        assert self._created.neighbor is not None
        neighbor = self._created.neighbor.id
        deleted = {"own": self._created.id, "neighbor": neighbor, "": None}[self._slicing.deletes]
        kept = [each for each in (*workflows, neighbor) if each != deleted]
        return {
            "rows of a workflow that was deleted": list(_rows_of(conn, deleted)),
            "workflows that are gone": [each for each in kept if not _has_jobs(conn, each)],
            "initialized more or less often than asked": list(self._miscounted(conn)),
        }

    def _miscounted(self, conn: Connection) -> Iterator[str]:
        if self._slicing.deletes == "own":
            return
        succeeded = select(func.count()).where(_task.status == TaskStatus.SUCCEEDED.value)
        asked = self._done.total() + conn.execute(succeeded).scalar_one()
        of_own = _event.workflow_id == self._created.id
        noted = select(func.count()).where(of_own, _event.event_type.in_(_INITIALIZED))
        count = conn.execute(noted).scalar_one()
        if count != asked:
            yield f"{count} times instead of {asked}"

    def _initialize(self, how: str, among: list[Initialization]) -> None:
        workflow_id, asked = self._created.id, self._chance.choice(among)

        async def carry_out(services: Services, once: Once) -> Any:
            large = services.large
            if how == "start":
                return await large.start(once, workflow_id, StartRequest(user="u"))
            if how == "initialize":
                return await large.initialize(once, workflow_id, asked)
            work = partial(large.initialize_as_task, workflow_id, asked)
            return await services.background.begin(once, workflow_id, "initialize_jobs", work)

        def answered(reply: Any) -> None:
            if how == "task":
                self._follow_task()
                return
            self._open -= 1
            if how == "initialize" or self._is_new(reply):
                self._done[how] += not isinstance(reply, Exception)

        refusals = (NotFoundError, ConflictError)
        self._owner.ask_for_large(how, carry_out, answered, refusals)

    def _follow_task(self) -> None:
        """Look whether the task has succeeded; one that its server took with it is begun again."""

        def answered(status: Any) -> None:
            if status == TaskStatus.FAILED.value:
                self._initialize("task", [ALL])
            elif status in UNFINISHED:
                self._owner.after(POLL_S, self._follow_task)
            else:
                self._open -= 1

        work = Work(_latest_task, (self._created.id,), is_timed=False)
        self._owner.ask("status", work, answered)

    def _is_new(self, reply: Any) -> bool:
        """Return whether a start has initialized; a reply that was kept is plain data."""
        if isinstance(reply, Exception):
            return False
        return bool(reply["is_new"] if isinstance(reply, dict) else reply.is_new)

    def _reset(self) -> None:
        def answered(_reply: Any) -> None:
            self._initialize("initialize", [_NEW])

        work = Work(reset_failed, (self._created.id,))
        self._owner.ask("reset", work, answered, (NotFoundError,))

    def _delete(self) -> None:
        deleted = self._created
        if self._slicing.deletes == "neighbor":
            assert deleted.neighbor is not None
            deleted = deleted.neighbor

        async def carry_out(services: Services, once: Once) -> Any:
            return await services.large.delete(once, deleted.id)

        def answered(_reply: Any) -> None:
            self._open -= 1

        self._owner.ask_for_large("delete", carry_out, answered)


def reset_failed(conn: Connection, workflow_id: int, *, now_ms: int) -> Any:
    """Reset the failed jobs of a workflow."""
    return reset_job_status(conn, workflow_id, failed_only=True, now_ms=now_ms)


def _latest_task(conn: Connection, workflow_id: int) -> str | None:
    """Return the status of the latest task; None: its workflow is gone, or was refused a task."""
    of_workflow = select(_task.status).where(_task.workflow_id == workflow_id)
    status: str | None = conn.execute(of_workflow.order_by(_task.id.desc()).limit(1)).scalar()
    return status


def _unfinished_tasks(conn: Connection) -> bool:
    unfinished = select(_task.id).where(_task.status.in_(sorted(UNFINISHED)))
    return bool(conn.execute(unfinished).all())


def _has_jobs(conn: Connection, workflow_id: int) -> bool:
    jobs = select(tables.job.c.id).where(tables.job.c.workflow_id == workflow_id)
    return bool(conn.execute(jobs).all())


def _rows_of(conn: Connection, workflow_id: int | None) -> Iterator[str]:
    if workflow_id is None:
        return
    for table in SQLModel.metadata.sorted_tables:
        if "workflow_id" in table.c:
            rows = select(func.count()).where(table.c.workflow_id == workflow_id)
            if count := conn.execute(rows).scalar_one():
                yield f"{count} of {table.name}"
