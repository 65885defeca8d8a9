"""Long work on workflows: one slice after the other, each a transaction of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from secrets import token_hex
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from torc_core.decoders import convert
from torc_core.errors import MachineError, TorcError
from torc_core.model.ids import TaskId, WorkflowId
from torc_core.model.records.workflow_run import StartReply, StartRequest
from torc_core.model.workflow import Message, Workflow
from torc_server.background.taking_over import Mine, leave, take_over
from torc_server.records.tasks import fail_task, finish_task, start_task
from torc_server.rules.dependencies.placement import PIECE, Piece, Plan
from torc_server.rules.initialize import ALL, Initialization, initialize_jobs
from torc_server.rules.large import initializing
from torc_server.rules.large.deletion import SLICE, Progress, begin_deletion, continue_deletion
from torc_server.rules.large.initializing import LARGE, Note
from torc_server.rules.large.retention import is_finished
from torc_server.rules.runs.start import start_again, start_workflow
from torc_server.storage.database import Database
from torc_server.storage.long_work.holders import Holders
from torc_server.storage.long_work.unfinished import (
    TakenOverError,
    Work,
    WorkKind,
    check_free,
)
from torc_server.storage.readers import Readers
from torc_server.storage.repeats.answers import check_unanswered, keep_answer
from torc_server.storage.repeats.keys import RequestKey
from torc_server.storage.transactions import Transactions
from torc_server.storage.writer import Reserved, Writer

T = TypeVar("T")

PERIOD_S = 5.0
"""How long to wait before a slice that could not be written is tried again."""

log = logging.getLogger(__name__)


class Sizes(NamedTuple):
    """Which workflows are large, and how much one slice does."""

    large: int = LARGE
    """Jobs of a workflow that is initialized in slices."""
    piece: int = PIECE
    """Jobs, or members of dependency sets, that one slice writes."""
    rows: int = SLICE
    """Rows that one slice deletes."""


SIZES = Sizes()


class LargeWork:
    """The long work of this server; another one goes on with what a stopped or dead server leaves.

    A request hands its own writer over: the reply is kept with the transaction in which it is
    decided, in case the request comes again.

    Args:
        database: The database.
        writer: The writer.
        readers: The readers.
        sizes: Other ones in simulated time, where workflows are small.
    """

    def __init__(
        self, database: Database, writer: Writer, readers: Readers, sizes: Sizes = SIZES
    ) -> None:
        self._sharing = database.sharing
        self._writer = writer
        self._readers = readers
        self._sizes = sizes
        self._running: set[asyncio.Task[Any]] = set()
        self._holders = Holders(database.sharing.server)
        self._held: set[int] = set()
        """The holders of what is under way."""

    async def delete(self, writer: Transactions, workflow_id: WorkflowId) -> Workflow:
        """Delete a workflow, and return what it was; of a large one, rows go later.

        Raises:
            NotFoundError: There is no such workflow.
        """
        reached: list[Progress | None] = []
        holder = self._holders.new()

        def begin(conn: Connection) -> Workflow:
            workflow, progress = begin_deletion(conn, workflow_id, holder, rows=self._sizes.rows)
            reached.append(progress)
            return workflow

        with self._holding(holder):
            workflow = await writer.run(begin)
        if (progress := reached[-1]) is not None:
            self._go_on(self._delete_rest(workflow_id, progress), holder)
        return workflow

    async def delete_finished(self, workflow_id: WorkflowId, before_ms: int) -> Workflow | None:
        """Delete a workflow, all its rows, if it is finished since a time, and return it then."""
        holder = self._holders.new()

        def begin(conn: Connection) -> tuple[Workflow, Progress | None] | None:
            if not is_finished(conn, workflow_id, before_ms):
                return None
            return begin_deletion(conn, workflow_id, holder, rows=self._sizes.rows)

        with self._holding(holder):
            begun = await self._writer.run(begin)
        if begun is None:
            return None
        workflow, progress = begun
        await asyncio.shield(self._go_on(self._delete_rest(workflow_id, progress), holder))
        return workflow

    async def initialize(
        self, writer: Transactions, workflow_id: WorkflowId, asked: Initialization
    ) -> Message:
        """Initialize a workflow.

        Raises:
            NotFoundError: There is no such workflow.
            ConflictError: Jobs depend on each other in a cycle; nothing was changed.
        """
        if not await self._is_large(workflow_id):
            return await writer.run_timed(initialize_jobs, workflow_id, asked)
        done = await self._initialize(workflow_id, Note(asked=asked, key=_key_of(writer)))
        assert isinstance(done, Message)
        return done

    async def initialize_as_task(
        self, workflow_id: WorkflowId, asked: Initialization, task_id: TaskId
    ) -> None:
        """Do the same as a task, which is running and then done.

        Raises:
            ConflictError: Jobs depend on each other in a cycle; nothing was changed.
        """
        if await self._is_large(workflow_id):
            note = Note(asked=asked, task_id=task_id)
            with suppress(TakenOverError):  # the task goes on
                await self._initialize(workflow_id, note)
            return

        def work(conn: Connection, *, now_ms: int) -> None:
            initialize_jobs(conn, workflow_id, asked, now_ms=now_ms)
            finish_task(conn, task_id, now_ms=now_ms)

        # On its own, before the work is queued, so that readers see the task as running.
        await self._writer.run_timed(start_task, task_id)
        await self._writer.run_timed(work)

    async def start(
        self, writer: Transactions, workflow_id: WorkflowId, request: StartRequest
    ) -> StartReply:
        """Start a workflow.

        Raises:
            NotFoundError: There is no such workflow.
            ConflictError: It cannot be started; nothing was changed.
        """
        if not await self._is_large(workflow_id):
            return await writer.run_timed(start_workflow, workflow_id, request)
        note = Note(asked=ALL, start=request, key=_key_of(writer))
        return await self._start(workflow_id, note)

    async def take_over(self, has_task: Callable[[TaskId], bool]) -> bool:
        """Go on with the work that no server does, see `taking_over`; return that it is all."""
        mine = Mine(self._holders, self._held, has_task)
        for work in await self._writer.run_timed(take_over, self._sharing, mine):
            log.info("it was begun to %s workflow %d; this goes on", work.kind, work.workflow_id)
            if work.kind is WorkKind.DELETE:
                self._go_on(self._delete_rest(work.workflow_id, Progress()), work.holder)
            else:
                self._go_on(self._continue(work, convert(work.data, Note)), work.holder)
        return False

    def stop(self) -> None:
        """Begin no further slice, and leave the rest to other servers."""
        for running in self._running:
            running.cancel()

        def last(conn: Connection, *_: object) -> tuple[None]:
            leave(conn, self._sharing)
            return (None,)

        self._writer.put(last, None).cancel()  # its outcome is not waited for

    async def _is_large(self, workflow_id: WorkflowId) -> bool:
        return await self._readers.run(initializing.is_large, workflow_id, self._sizes.large)

    @contextmanager
    def _holding(self, holder: int) -> Iterator[None]:
        self._held.add(holder)
        try:
            yield
        finally:
            self._held.discard(holder)

    def _go_on(self, work: Coroutine[Any, Any, T], holder: int) -> asyncio.Task[T]:
        self._held.add(holder)
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        running.add_done_callback(lambda _: self._held.discard(holder))
        return running

    async def _measure(self) -> None:
        await _insist(partial(self._readers.run, self._sharing.measure_tables))

    async def _delete_rest(self, workflow_id: WorkflowId, progress: Progress | None) -> None:
        if progress is not None:
            await self._measure()
        while progress is not None:
            part = partial(continue_deletion, rows=self._sizes.rows)
            progress = await _insist(partial(self._writer.run, part, workflow_id, progress))

    async def _start(self, workflow_id: WorkflowId, note: Note) -> StartReply:
        holder = self._holders.new()

        async def work() -> StartReply:
            async with self._writer.reserve(workflow_id, holder) as own:
                reply = await own.begin(_start_again, workflow_id, note, holder)
                if reply is None:
                    done = await self._carry_out_and_answer(own, note)
                    assert isinstance(done, StartReply)
                    reply = done
                return reply

        return await asyncio.shield(self._go_on(work(), holder))

    async def _initialize(self, workflow_id: WorkflowId, note: Note) -> Message | StartReply:
        holder = self._holders.new()

        async def work() -> Message | StartReply:
            async with self._writer.reserve(workflow_id, holder) as own:
                await own.begin(_begin, workflow_id, note, holder)
                return await self._carry_out_and_answer(own, note)

        return await asyncio.shield(self._go_on(work(), holder))

    async def _continue(self, work: Work, note: Note) -> None:
        """Carry out what was begun."""
        try:
            async with self._writer.reserve(work.workflow_id, work.holder) as own:
                await self._carry_out(own, note)
        except TakenOverError as error:
            log.info("%s", error)
        except TorcError as error:
            log.warning("workflow %d could not be initialized: %s", work.workflow_id, error)
            if note.task_id is not None:
                fail = partial(self._writer.run_timed, fail_task, note.task_id, error.message)
                await _insist(fail)
        except Exception:
            log.exception("workflow %d could not be initialized", work.workflow_id)

    async def _carry_out_and_answer(self, own: Reserved, note: Note) -> Message | StartReply:
        """Carry it out; the reply may be that of another server, or one whose commit was lost.

        Raises:
            AlreadyAnsweredError: It is such a reply.
        """
        try:
            return await self._carry_out(own, note)
        except TakenOverError:
            if note.key is not None:
                look = partial(self._writer.run, _look_for_answer, own.workflow_id, note.key)
                await _insist(look)
            raise

    async def _carry_out(self, own: Reserved, note: Note) -> Message | StartReply:
        """Do what was noted; if that cannot be, the workflow is free again."""
        try:
            await self._measure()
            plan, note = await self._decided(own, note)
            for piece in plan.pieces(forgets_results=True, size=self._sizes.piece):
                await _insist(partial(own.run, _write, piece))
            return await _insist(partial(own.run, _conclude, plan, note))
        except Exception:
            await _insist(partial(own.run, initializing.give_up, own.workflow_id))
            raise

    async def _decided(self, own: Reserved, note: Note) -> tuple[Plan, Note]:
        """Return what is going to be written, and the note that says so."""
        make_plan = partial(self._readers.run, initializing.plan, own.workflow_id, note)
        if note.chosen is not None:
            return await _insist(make_plan), note
        plan = await make_plan()
        # Repeated until it is known to be stored: what is decided cannot be given up.
        return plan, await _insist(partial(own.run, initializing.decide, plan, note))


def _key_of(writer: Transactions) -> RequestKey:
    """Return the key of a request, or one that no other has: by it the reply is found."""
    return writer.key or RequestKey(f"large work {token_hex()}", "")


def _look_for_answer(conn: Connection, workflow_id: WorkflowId, key: RequestKey) -> None:
    """Look for the reply to a request once no server works on the workflow.

    Raises:
        AlreadyAnsweredError: There is one.
    """
    check_free(conn, workflow_id)
    check_unanswered(conn, key)


def _begin(
    conn: Connection, workflow_id: WorkflowId, note: Note, holder: int, *, now_ms: int
) -> None:
    if note.key is not None:
        check_unanswered(conn, note.key)
    initializing.begin(conn, workflow_id, note, holder, now_ms=now_ms)
    if note.task_id is not None:
        start_task(conn, note.task_id, now_ms=now_ms)


def _start_again(
    conn: Connection, workflow_id: WorkflowId, note: Note, holder: int, *, now_ms: int
) -> StartReply | None:
    """Start a workflow that was started before; None: it is its first start, which was begun."""
    assert note.start is not None
    if note.key is not None:
        check_unanswered(conn, note.key)
    reply = start_again(conn, workflow_id, note.start, now_ms=now_ms)
    if reply is None:
        _begin(conn, workflow_id, note, holder, now_ms=now_ms)
    elif note.key is not None:
        keep_answer(conn, note.key, reply, now_ms=now_ms)
    return reply


def _conclude(conn: Connection, plan: Plan, note: Note, *, now_ms: int) -> Message | StartReply:
    done = initializing.conclude(conn, plan, note, now_ms=now_ms)
    if note.task_id is not None:
        finish_task(conn, note.task_id, now_ms=now_ms)
    if note.key is not None:
        keep_answer(conn, note.key, done, now_ms=now_ms)
    return done


def _write(conn: Connection, piece: Piece, *, now_ms: int) -> None:
    piece(conn, now_ms)


async def _insist(write: Callable[[], Awaitable[T]]) -> T:
    """Write what was decided, if necessary once the disk has room again."""
    while True:
        try:
            return await write()
        except MachineError as problem:
            log.warning("a slice of long work cannot be written yet: %s", problem)
            await asyncio.sleep(PERIOD_S)
