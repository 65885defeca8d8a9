"""A server in simulated time: its real rules and storage, which die and start again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.runner.shared_time import Time
from core.runner.simulated import EPOCH_MS
from msgspec.structs import replace
from reliability.simulation.long_work import LargeRequest, LongWork
from reliability.simulation.network import Fail, Reply
from reliability.simulation.plans import Plan
from reliability.simulation.store import COMMIT, COMMITTED, Crashed, Store, Work

from torc_core.model.exchange import Exchange
from torc_server.controllers.exchange import LONGEST_WAIT_S
from torc_server.rules.attempts.exchange import Answer, answer_exchange, answer_waiting
from torc_server.rules.attempts.lost.leases import (
    LeaseClock,
    expire_leases,
    heard_by_now,
    suspect_silent,
)
from torc_server.storage.groups import Request
from torc_server.storage.notify import runner_topic

PERIOD_S = 30.0
"""Leases are looked at less often than by a real server, which costs most of a long history."""
WRITE_S = 0.002
"""What arrives within this time is one group."""
SHORT_DOWN_S = 0.5
MOST_STATEMENTS = 15
CRASHES: dict[str, Callable[[str], bool]] = {
    "server dies at a statement": bool,
    "server dies before a commit": lambda text: text == COMMIT,
    "server dies after a commit": lambda text: text == COMMITTED,
}


class ServerClock:
    """The server's clock, whose wall time may be set."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.offset_ms = 0

    def monotonic(self) -> float:
        return self._time.clock.now

    def wall_ms(self) -> int:
        return EPOCH_MS + round(self._time.clock.now * 1000) + self.offset_ms


class _Asked(Request):
    """A request that is replied to, or fails with the server."""

    __slots__ = ("fail", "reply")

    def __init__(self, work: Work, reply: Reply, fail: Fail) -> None:
        super().__init__(work, None, None)
        self.reply = reply
        self.fail = fail

    def answer(self) -> None:
        self.reply(self.outcome)


@dataclass
class _Held:
    """An exchange that waits for news."""

    request: Exchange
    first: Answer
    reply: Reply
    fail: Fail
    is_asked: bool = False
    """It is just being answered again, perhaps with jobs."""
    is_over: bool = False


class Server:
    """Takes requests, commits them in groups, and answers.

    Args:
        store: Its database.
        time: The time of all.
        chance: Decides when and how it dies.
        plan: How often it dies, for how long, and its timers.
        fired: Counts how it died.
        slices: Decides how long slices of large work wait for their turn.
    """

    def __init__(
        self,
        store: Store,
        time: Time,
        chance: random.Random,
        plan: Plan,
        fired: Counter[str],
        slices: random.Random,
    ) -> None:
        self.clock = ServerClock(time)
        self.store = store
        self.on_expiry: Callable[[int], None] = lambda _: None
        self.taken_for_new: list[str] = []
        """Exchanges that had been superseded by newer ones."""
        self._latest: Counter[int] = Counter()
        """The latest number that was answered, by compute node."""
        self._time = time
        self._chance = chance
        self._plan = plan
        self._fired = fired
        self._slices = slices
        self._is_up = False
        self._boot = 0
        self._queue: list[Request] = []
        self._long: LongWork | None = None
        self._held: dict[tuple[int, int], _Held] = {}
        """By compute node and number."""

    def start(self) -> None:
        """Start it; the leases start over."""
        self.store.open(self.clock, self._put)
        self._boot += 1
        self._leases = LeaseClock(
            self.clock.monotonic(), self.clock.wall_ms() - self.clock.monotonic() * 1000
        )
        self._after(PERIOD_S, self._keep_house)
        if self._plan.slicing is None:
            self._is_up = True
            return
        self._long = LongWork(self.store, self._put, self._time, self._slices, self._plan.slicing)
        self._long.resume(self._serve)

    def request(self, work: Work, reply: Reply, fail: Fail) -> None:
        """Take a request; an error is a reply, too."""
        if self._is_up:
            self._put(_Asked(work, reply, fail))
        else:
            fail()

    def carry_out(self, work: LargeRequest, reply: Reply, fail: Fail) -> None:
        """Take a request for large work, which takes several transactions."""
        if self._is_up and self._long is not None:
            self._long.carry_out(work, reply, fail)
        else:
            fail()

    def _serve(self) -> None:
        self._is_up = True

    def _put(self, request: Request) -> None:
        if not self._queue:
            self._after(WRITE_S, self._commit)
        self._queue.append(request)

    def exchange(self, node_id: int, request: Exchange, reply: Reply, fail: Fail) -> None:
        """Take an exchange, which may be held until there is news."""

        def answered(first: Answer | Exception) -> None:
            if isinstance(first, Exception):
                reply(first)
                return
            latest = self._latest[node_id] = max(self._latest[node_id], request.seq)
            if request.seq < latest and not first.is_superseded:
                self.taken_for_new.append(f"{request.seq} of node {node_id} after {latest}")
            if not first.is_superseded:
                for key in [key for key in self._held if key[0] == node_id]:
                    self._release(key)
            if first.has_news or request.wait_seconds <= 0:
                reply(first.reply)
                return
            key = node_id, request.seq
            self._held[key] = _Held(request, first, reply, fail)
            self._after(min(request.wait_seconds, LONGEST_WAIT_S), lambda: self._release(key))

        self.request(Work(answer_exchange, (node_id, request, self._plan.timers)), answered, fail)

    def crash(self, down_s: float) -> None:
        """Kill it, and start the next one."""
        self._is_up = False
        asked = [*self._queue, *self.store.reservations.all_waiting()]
        self.store.close()
        gone = [each.fail for each in asked if isinstance(each, _Asked)]
        gone += [held.fail for held in self._held.values()]
        if self._long is not None:
            gone += self._long.die()
        self._queue, self._held = [], {}
        self._boot += 1
        for fail in gone:
            fail()
        self._time.at(self._time.clock.now + down_s, self.start)

    def end(self) -> None:
        """Drop what is under way, as nothing more is to happen."""
        if self._long is not None:
            self._long.die()

    def _commit(self) -> None:
        queue, self._queue = self._queue, []
        kind = None
        if self._chance.random() < self._plan.crash_share:
            kind = self._chance.choice(list(CRASHES))
            number = self._chance.randrange(MOST_STATEMENTS) if kind.endswith("statement") else 0
            self.store.points.arm(number, CRASHES[kind])
        try:
            committed = self.store.commit(queue)
        except Crashed:
            self._fired[kind or "server dies as planned"] += 1
            self._queue += queue  # these fail, too
            is_long = kind is not None and self._chance.random() < 0.1
            self.crash(
                self._chance.uniform(0, self._plan.longest_down_s) if is_long else SHORT_DOWN_S
            )
            return
        if kind is not None:
            self.store.points.disarm()
        for each in committed.answered:
            each.answer()
        self._tell_news(committed.changed)

    def _tell_news(self, changed: frozenset[int]) -> None:
        for key, held in list(self._held.items()):
            if runner_topic(held.first.workflow_id) in changed and not held.is_asked:
                self._ask_again(key, held)

    def _ask_again(self, key: tuple[int, int], held: _Held) -> None:
        def answered(latest: Answer | Exception) -> None:
            held.is_asked = False
            if isinstance(latest, Exception):
                self._held.pop(key)
                held.reply(latest)
            elif latest.has_news or held.is_over:
                self._held.pop(key)
                held.reply(replace(latest.reply, outcomes=held.first.reply.outcomes))

        held.is_asked = True
        self.request(
            Work(answer_waiting, (key[0], held.request, self._plan.timers)), answered, lambda: None
        )

    def _release(self, key: tuple[int, int]) -> None:
        held = self._held.get(key)
        if held is not None and held.is_asked:
            held.is_over = True
        elif held is not None:
            self._held.pop(key)
            held.reply(held.first.reply)

    def _keep_house(self) -> None:
        timers, now = self._plan.timers, (self.clock.monotonic(), self.clock.wall_ms())
        self.request(Work(heard_by_now, (now[1],), is_timed=False), lambda _: None, lambda: None)
        lost = self._leases.silence(*now, timers.lost_seconds)
        if lost is not None:
            self.request(Work(expire_leases, (lost,)), self._note_expired, lambda: None)
        suspect = self._leases.silence(*now, timers.suspect_seconds)
        if suspect is not None:
            self.request(Work(suspect_silent, (suspect,)), lambda _: None, lambda: None)
        self._after(PERIOD_S, self._keep_house)

    def _note_expired(self, nodes: Any) -> None:
        if isinstance(nodes, Exception):
            raise nodes
        for node_id in nodes:
            self.on_expiry(node_id)

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        """Let something happen, unless this server is dead by then."""
        boot = self._boot
        self._time.at(
            self._time.clock.now + seconds, lambda: event() if self._boot == boot else None
        )
