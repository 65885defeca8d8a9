"""What owners and runners ask for besides exchanges: requests with keys, which may come again."""

from __future__ import annotations

from asyncio import Future
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from core.runner.shared_time import Time
from reliability.simulation.long_work import Services
from reliability.simulation.network import Call, Network
from reliability.simulation.server import Server
from reliability.simulation.store import Work
from sqlalchemy import Connection, select

from torc_core.errors import NotFoundError
from torc_core.model.status import JobStatus
from torc_server.rules.manual_transitions import retry_job
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.repeats.keys import AlreadyAnsweredError, RequestKey
from torc_server.storage.repeats.once import Once
from torc_server.storage.transactions import Transactions

Refusals = tuple[type[Exception], ...]
AGAIN_S = 1.0
HELD_S = 300.0
"""How often an owner looks for jobs that are held."""


class Owner:
    """Sends changes until they are answered, each with its key.

    Args:
        server: Takes them.
        network: Carries them.
        time: The time of all.
    """

    def __init__(self, server: Server, network: Network, time: Time) -> None:
        self._server = server
        self._network = network
        self._time = time
        self.asked: Counter[str] = Counter()
        """How many requests there were of each kind, however often each was sent."""

    def ask(
        self, kind: str, work: Work, reply: Callable[[Any], None], refusals: Refusals = ()
    ) -> None:
        """Have something done once; its key begins with its kind.

        Args:
            kind: Its kind.
            work: What is done.
            reply: Is given the reply.
            refusals: Errors that may be the reply.
        """
        once: Any = _kept(work, self._new_key(kind))
        self._insist(lambda reply, fail: self._server.request(once, reply, fail), reply, refusals)

    def ask_for_large(
        self,
        kind: str,
        carry_out: Callable[[Services, Once], Awaitable[Any]],
        reply: Callable[[Any], None],
        refusals: Refusals = (),
    ) -> None:
        """Have large work done once."""
        key = self._new_key(kind)

        def work(services: Services) -> Awaitable[Any]:
            return carry_out(services, Once(services.writer, key))

        self._insist(lambda reply, fail: self._server.carry_out(work, reply, fail), reply, refusals)

    def _new_key(self, kind: str) -> RequestKey:
        self.asked[kind] += 1
        return RequestKey(f"{kind} {self.asked[kind]}", "")

    def _insist(self, call: Call, reply: Callable[[Any], None], refusals: Refusals) -> None:
        def answered(value: Any) -> None:
            if isinstance(value, AlreadyAnsweredError):
                value = msgspec.json.decode(value.reply)
            elif isinstance(value, Exception) and not isinstance(value, refusals):
                raise value
            reply(value)

        def attempt() -> None:
            self._network.call(call, answered, again)

        def again() -> None:
            self.after(AGAIN_S, attempt)

        attempt()

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen later."""
        self._time.at(self._time.clock.now + seconds, event)

    def retry_held(self, workflow_id: int) -> None:
        """Look for held jobs now and then, and have them run again."""

        def look() -> None:
            work = Work(_retry_held, (workflow_id,))
            self.ask("retry", work, lambda _: None, (NotFoundError,))
            self.after(HELD_S, look)

        self.after(HELD_S, look)


class _Caught(Transactions):
    """Has no connection: hands back what it is to run."""

    def put(self, work: Any, item: Any) -> Future[Any]:
        del item
        caught: Any = work
        return caught


def _kept(work: Work, key: RequestKey) -> Any:
    """Return work whose reply is kept as `Once` keeps it."""
    return Once(_Caught(), key).put(work, None)


def _retry_held(conn: Connection, workflow_id: int, *, now_ms: int) -> list[int]:
    job = tables.job.c
    held = select(job.id, job.attempt_id).where(
        job.workflow_id == workflow_id, job.status == JobStatus.PENDING_FAILED.number
    )
    rows = conn.execute(held).all()
    run_id = find_workflow(conn, workflow_id).run_id
    for row in rows:
        retry_job(conn, row.id, run_id, row.attempt_id + 1, now_ms=now_ms)
    return [row.id for row in rows]
