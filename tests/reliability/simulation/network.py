"""The network between runners and the server: it loses, repeats and delays; and a runner's link."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.runner.shared_time import Machine, Time
from msgspec.structs import replace

from torc_core.errors import NotFoundError, TransitionError, UsageError
from torc_core.model.exchange import Exchange, ExchangeReply, Outcome
from torc_core.runner.policy.backoff import FIRST_DELAY_S, retry_delay_s
from torc_core.runner.server.outstanding import ExchangeResult, Outstanding

LATENCY_S = 0.005
GIVEN_UP_S = 20.0
"""When a client takes a request for lost that is not answered, beyond its wait."""
LATEST_S = 400.0
Reply = Callable[[Any], None]
Fail = Callable[[], None]


class Call(Protocol):
    """Has the server take a request; it then calls one of both, or none if it dies silently."""

    def __call__(self, reply: Reply, fail: Fail, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How often what happens to a request."""

    lost: float = 0.0
    reply_lost: float = 0.0
    duplicated: float = 0.0
    late: float = 0.0
    """It arrives after its sender has given it up, and perhaps after newer ones."""


class Network:
    """Carries requests, as well as its weather lets it.

    Args:
        time: The time of all.
        chance: Decides.
        weather: How it is.
        fired: Counts what happened.
    """

    def __init__(
        self, time: Time, chance: random.Random, weather: Weather, fired: Counter[str]
    ) -> None:
        self._time = time
        self._chance = chance
        self._weather = weather
        self._fired = fired
        self.requests = 0
        """How many were carried."""

    def call(self, send: Call, reply: Reply, fail: Fail) -> None:
        """Carry a request to the server, and its reply back; one of both functions is called."""
        once = _Once(reply, fail)
        number, self.requests = self.requests, self.requests + 1
        if self._happens("request lost", number, self._weather.lost):
            self._after(self._chance.uniform(0, GIVEN_UP_S), once.fail)
            return
        delay_s = LATENCY_S
        if self._happens("request late", number, self._weather.late):
            delay_s = self._chance.uniform(0, LATEST_S)
            self._after(min(delay_s, GIVEN_UP_S), once.fail)

        def answered(value: Any) -> None:
            if self._happens("reply lost", number, self._weather.reply_lost):
                self._after(self._chance.uniform(0, GIVEN_UP_S), once.fail)
            else:
                self._after(LATENCY_S, lambda: once.reply(value))

        self._after(delay_s, lambda: send(answered, lambda: self._after(LATENCY_S, once.fail)))
        if self._happens("request duplicated", number, self._weather.duplicated):
            again_s = delay_s + self._chance.choice([0.0, self._chance.uniform(0, LATEST_S)])
            self._after(again_s, lambda: send(lambda _: None, lambda: None))

    def _happens(self, what: str, number: int, share: float) -> bool:
        happens = self._chance.random() < share
        self._fired[what] += happens
        return happens

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._time.at(self._time.clock.now + seconds, event)


class _Once:
    """Lets the first answer through."""

    def __init__(self, reply: Reply, fail: Fail) -> None:
        self._reply, self._fail = reply, fail
        self._is_over = False

    def reply(self, value: Any) -> None:
        if not self._is_over:
            self._is_over = True
            self._reply(value)

    def fail(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._fail()


class Acknowledged(NamedTuple):
    """A completion that the server has answered, as its runner knows it."""

    job_id: int
    token: int
    status: str
    result: str


class Link(Outstanding):
    """A runner's link to the server: sends exchanges in simulated time as `ServerLink` does.

    Args:
        exchange: What the server does with one.
        network: Carries them.
        machine: The runner's.
        time: The time of all.
        chance: For the delays between tries.
    """

    def __init__(
        self,
        exchange: Callable[[Exchange, Reply, Fail], None],
        network: Network,
        machine: Machine,
        time: Time,
        chance: random.Random,
    ) -> None:
        super().__init__()
        self._exchange = exchange
        self._network = network
        self._machine = machine
        self._time = time
        self._chance = chance
        self._failures: Counter[int] = Counter()
        """How often requests have failed that are failing, by number."""
        self._is_closed = False
        self.acknowledged: list[Acknowledged] = []

    def send(self, request: Exchange) -> None:
        self._try(self._number(request))

    def close(self) -> None:
        self._is_closed = True

    def _try(self, request: Exchange) -> None:
        if self._is_closed:
            return
        if self._is_behind_another(request):
            self._after(FIRST_DELAY_S, lambda: self._try(request))
            return
        now = replace(request, wait_seconds=0.0) if request.seq in self._failing else request
        self._network.call(
            lambda reply, fail: self._exchange(now, reply, fail),
            lambda reply: self._receive(request, reply),
            lambda: self._fail(request),
        )

    def _receive(self, request: Exchange, reply: ExchangeReply | Exception) -> None:
        self._failures.pop(request.seq, None)
        self._failing.discard(request.seq)
        if isinstance(reply, NotFoundError | UsageError | TransitionError):
            result = ExchangeResult(request, None, reply)
        elif isinstance(reply, Exception):
            self._fail(request)
            return
        else:
            self._note(request, reply.outcomes)
            result = ExchangeResult(request, reply)
        if not self._is_closed:
            self._results.append(result)
            self._machine.poke()

    def _note(self, request: Exchange, outcomes: list[Outcome]) -> None:
        for end, outcome in zip(request.ends, outcomes, strict=False):
            self.acknowledged.append(
                Acknowledged(end.job_id, end.token, str(end.status), outcome.result)
            )

    def _fail(self, request: Exchange) -> None:
        if request.seq not in self._failing:
            self._failing.add(request.seq)
            self._machine.poke()
        self._failures[request.seq] += 1
        delay_s = retry_delay_s(self._failures[request.seq], self._chance.random())
        self._after(delay_s, lambda: self._try(request))

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._time.at(self._time.clock.now + seconds, event)
