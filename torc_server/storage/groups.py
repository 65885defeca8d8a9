"""Requests to write, run as a group: each in its own savepoint, one commit for all of them.

Here is no thread and no event loop, so that the same code runs in simulated time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from sqlalchemy import Connection

from torc_core.clock import Clock
from torc_core.errors import MachineError
from torc_core.model.ids import WorkflowId
from torc_server.storage.database import Database, Fate
from torc_server.storage.long_work.reservations import Reservations
from torc_server.storage.long_work.unfinished import (
    HOLDER,
    RESERVED,
    ReservedError,
    read_reserved,
)
from torc_server.storage.notify import CHANGED_TOPICS, ENDED_WAITS, Changes
from torc_server.storage.statements import execute, send

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Request:
    """One item for a function that takes several and returns an outcome for each."""

    work: Callable[[Connection, Sequence[Any], int], Iterable[Any]]
    item: Any
    future: asyncio.Future[Any]
    outcome: Any = None
    """The result; an exception is raised instead."""
    holder: int | None = None
    """For whom it is made, if that one reserves a workflow."""
    waits_for: WorkflowId | None = None
    """The workflow that it has to wait for."""

    def answer(self) -> None:
        """Resolve the future with the outcome."""
        if self.future.done():  # the client went away
            return
        if isinstance(self.outcome, Exception):
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)


Deliver = Callable[[list[Request], frozenset[int]], None]
"""Answers a group that was committed, or refused; the topics are those that it changed."""


class Groups:
    """Runs groups of requests on the connection that writes.

    Args:
        database: What the connection leads to.
        clock: From which a group has its moment.
        deliver: What is done with each group once it is on disk.
        reservations: Which requests have to wait; none by default.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        deliver: Deliver,
        reservations: Reservations | None = None,
    ) -> None:
        self._reservations = reservations or Reservations(lambda _request: None)
        self._database = database
        self._clock = clock
        self._deliver = deliver
        self._moment = 0
        """When the latest group was committed, in milliseconds since 1970."""
        self.trouble: MachineError | None = None
        """Why the latest group could not be committed."""

    def run(self, connection: Connection, group: list[Request]) -> None:
        """Run and commit a group, answer it, and notify waiters of the workflows it changed.

        A failed commit takes the whole group with it, so its requests then run one by one: only
        those that cannot succeed alone fail.
        """
        changes = Changes()
        try:
            changes = self._commit(connection, group)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, MachineError):
                for request in group:
                    self.run(connection, [request])
                return
            explained = error if isinstance(error, MachineError) else self._database.explain(error)
            for request in group:
                request.outcome, request.waits_for = explained or error, None
            if isinstance(explained, MachineError):
                self._note_trouble(explained, error)
            else:
                log.exception("a write failed")
        else:
            self._note_trouble(None)
        self._deliver(self._reservations.keep_waiting(group), changes.topics)

    def _commit(self, connection: Connection, group: list[Request]) -> Changes:
        """Run a group in a transaction, again where that helps; return what it changed."""
        for tries in count():
            changes: Changes | None = None
            try:
                with connection.begin():
                    changes = self._run_all(connection, group)
            except Exception as error:
                at_commit = changes is not None
                fate = self._database.recover(connection, error, tries=tries, at_commit=at_commit)
                if fate is Fate.AGAIN:
                    log.info("a group of writes is tried again: %s", error)
                    continue
                if fate is Fate.FAILED:
                    raise
            finally:
                self._database.sharing.end()
            break
        return changes or Changes()

    def _run_all(self, connection: Connection, group: list[Request]) -> Changes:
        for key in (CHANGED_TOPICS, ENDED_WAITS):
            connection.info[key] = set()
        now_ms = self._database.sharing.moment(connection, self._clock.wall_ms())
        self._moment = max(self._moment, now_ms)
        reserved = connection.info[RESERVED] = read_reserved(connection)
        self._reservations.release(reserved)
        for _, alike in groupby(group, key=lambda request: request.work):
            self._attempt(connection, list(alike))
        self._database.check_in_place(connection)
        topics, waits = (frozenset(connection.info[key]) for key in (CHANGED_TOPICS, ENDED_WAITS))
        changes = Changes(topics, waits)
        self._database.sharing.announce(connection, changes)
        return changes

    def _note_trouble(self, trouble: MachineError | None, cause: Exception | None = None) -> None:
        """Note how the database is; log it when that changes, not for each request."""
        before, self.trouble = self.trouble, trouble
        if trouble is None:
            if before is not None:
                log.info("the database can be written to again")
        elif before is None or before.message != trouble.message:
            log.error("%s", trouble.message if cause is trouble else f"{trouble.message} {cause}")

    def _attempt(self, connection: Connection, requests: Sequence[Request]) -> None:
        """Run requests of one kind in a savepoint: a failure leaves the rest of the group alone.

        By the driver: SQLAlchemy takes longer for a savepoint than SQLite.
        """
        send(connection, "SAVEPOINT request")
        connection.info[HOLDER] = requests[0].holder
        for request in requests:
            request.waits_for = None
        try:
            items = [request.item for request in requests]
            outcomes = requests[0].work(connection, items, self._moment)
            for request, outcome in zip(requests, outcomes, strict=True):
                request.outcome = outcome
            execute(connection, "RELEASE SAVEPOINT request")
        except Exception as error:
            explained = self._database.explain(error)
            if isinstance(explained, MachineError):
                raise  # the whole transaction is over
            send(connection, "ROLLBACK TO SAVEPOINT request")
            if explained is not None:
                log.info("refused by the database: %s", error)
            requests[0].outcome = explained or error
            if len(requests) > 1:
                for request in requests:
                    self._attempt(connection, [request])
            elif isinstance(error, ReservedError):
                self._reservations.stop(requests[0], error)
            execute(connection, "RELEASE SAVEPOINT request")
