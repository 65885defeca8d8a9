"""Wakes waiting requests when something changes in a workflow.

The notifier carries no data: a request that wakes reads the database. It is used only in the event
loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

CHANGED_TOPICS = "changed topics"
"""The key in `Connection.info` under which a transaction collects the topics that it changed."""

ENDED_WAITS = "ended waits"
"""The key under which it collects the names of waits that it ends, on whatever server they are."""

REMEMBERED = 10_000
"""How many topics have a version of their own, so that memory does not grow with workflows."""


class Changes(NamedTuple):
    """What a group of writes means for those who wait."""

    topics: frozenset[int] = frozenset()
    waits: frozenset[int] = frozenset()
    """Names of waits that are over."""


def runner_topic(workflow_id: int) -> int:
    """Return the topic of the changes that concern a workflow's waiting runners.

    The workflow's id itself is the topic of all its changes, of which there are many more.
    """
    return -workflow_id


class Notifier:
    """Wake-ups per workflow. A waiter that remembers a version never misses a change."""

    def __init__(self) -> None:
        self._clock = 0
        self._versions: dict[int, int] = {}
        self._floor = 0
        self._waiters: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)
        self._named: dict[int, asyncio.Future[Any]] = {}
        self.closed = False
        """True once the server stops: nothing waits any longer."""

    @property
    def now(self) -> int:
        """A version that every later change exceeds, of any workflow."""
        return self._clock

    def version(self, workflow_id: int) -> int:
        """Return a number that grows with every change of the workflow."""
        return self._versions.get(workflow_id, self._floor)

    def notify(self, workflow_ids: Iterable[int]) -> None:
        """Wake the waiters of these topics."""
        self._clock += 1
        if len(self._versions) > REMEMBERED:
            self._versions.clear()
            self._floor = self._clock  # every waiter looks once more, none misses a change
        for workflow_id in workflow_ids:
            self._versions[workflow_id] = self._clock
            self._wake(workflow_id)

    def hear(self, changes: Changes | None) -> None:
        """Wake those whom changes by another server concern; None: it is not known whom."""
        if changes is None:
            self.notify_all()
            return
        self.notify(changes.topics)
        for name in changes.waits:
            self.dismiss(name)

    def notify_all(self) -> None:
        """Wake all waiters: what has changed is unknown."""
        self._clock += 1
        self._versions.clear()
        self._floor = self._clock
        for topic in list(self._waiters):
            self._wake(topic)

    async def wait(
        self,
        workflow_id: int,
        since: int,
        timeout_s: float,
        *,
        over: asyncio.Future[Any] | None = None,
    ) -> int:
        """Wait until the workflow is at a newer version than `since`, and return its version.

        Returns also, with the version unchanged, after `timeout_s`, when the server stops, and
        when `over` is done. Any topic will do in place of the workflow's id.
        """
        if self.closed or self.version(workflow_id) > since:
            return self.version(workflow_id)
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[workflow_id].add(waiter)
        ends = [waiter] if over is None else [waiter, over]
        try:
            await asyncio.wait(ends, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._forget(workflow_id, waiter)
        return self.version(workflow_id)

    @contextmanager
    def named(self, name: int, over: asyncio.Future[Any]) -> Iterator[None]:
        """Let `dismiss` end the wait inside, by canceling `over`."""
        self._named[name] = over
        try:
            yield
        finally:
            if self._named.get(name) is over:
                del self._named[name]

    def dismiss(self, name: int) -> None:
        """End the wait of that name, if there is one."""
        if name in self._named:
            self._named.pop(name).cancel()

    def close(self) -> None:
        """End every wait, now and in the future."""
        self.closed = True
        for topic in list(self._waiters):
            self._wake(topic)

    def _wake(self, workflow_id: int) -> None:
        for waiter in self._waiters.pop(workflow_id, ()):
            if not waiter.done():
                waiter.set_result(None)

    def _forget(self, workflow_id: int, waiter: asyncio.Future[None]) -> None:
        waiters = self._waiters.get(workflow_id)
        if waiters is not None:
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[workflow_id]
