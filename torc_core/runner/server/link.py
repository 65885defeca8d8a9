"""Takes turns with the server, on two threads beside the runner's loop.

Each turn may wait long at the server for news. While one waits, the loop can send another with
what has happened meanwhile; that ends the wait of the first. A failed turn is taken again, with
the same number, until it succeeds: a server that is away costs nothing but the report.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from torc_core.errors import NotFoundError, ProtocolError, TorcError, UsageError
from torc_core.model.exchange import Exchange, ExchangeReply
from torc_core.runner.server.protocol import ExchangeProtocol

log = logging.getLogger("torc.runner")
MAX_IN_FLIGHT = 2
"""Turns at a time: one that waits and one that tells."""
FIRST_DELAY_S = 0.05
LAST_DELAY_S = 2.0
"""Delays between tries double from the first to the last, less a random half."""


class ExchangeResult(msgspec.Struct, frozen=True):
    """A turn that was taken."""

    turn: Exchange
    reply: ExchangeReply | None
    """None: see `error`; or the courier was closed."""
    error: TorcError | None = None
    """Another try would fail as well: the workflow is gone, or a setting makes no sense."""


class ServerLink:
    """Takes turns in the background.

    Args:
        turns: With whom.
        ring: Called from a thread when a reply has come or the server has gone or come back.
    """

    def __init__(self, turns: ExchangeProtocol, ring: Callable[[], None]) -> None:
        self._turns = turns
        self._ring = ring
        self._seq = 0
        self._sent: dict[int, Exchange] = {}
        """Turns not answered yet, by number."""
        self._outgoing: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._incoming: deque[ExchangeResult] = deque()
        self._closed = threading.Event()
        self._failing_since: dict[int, float] = {}
        """By turn: when it failed first, on the monotonic clock."""
        for lane in range(MAX_IN_FLIGHT):
            threading.Thread(target=self._work, name=f"courier-{lane}", daemon=True).start()

    @property
    def in_flight(self) -> int:
        """How many turns were sent and not yet answered."""
        return len(self._sent)

    @property
    def carries_report(self) -> bool:
        """Whether an end or a release is on its way."""
        return any(turn.ends or turn.releases for turn in self._sent.values())

    @property
    def away_since(self) -> float | None:
        """Since when the server does not answer, on the monotonic clock; None while it does."""
        return min(list(self._failing_since.values()), default=None)

    @property
    def is_free(self) -> bool:
        """Whether another turn can be sent now. While the server is away, one try is enough."""
        return self.in_flight < MAX_IN_FLIGHT and not self._failing_since

    def send(self, turn: Exchange) -> None:
        """Take a turn; its number is given here."""
        self._seq += 1
        self._sent[self._seq] = turn = msgspec.structs.replace(turn, seq=self._seq)
        self._outgoing.put(turn)

    def collect(self) -> list[ExchangeResult]:
        """Return the turns that were taken since the last call."""
        deliveries = []
        while self._incoming:
            delivery = self._incoming.popleft()
            del self._sent[delivery.turn.seq]
            deliveries.append(delivery)
        return deliveries

    def close(self) -> None:
        """Give up whatever is in flight and end the threads."""
        self._closed.set()
        for _ in range(MAX_IN_FLIGHT):
            self._outgoing.put(None)

    def _work(self) -> None:
        while (turn := self._outgoing.get()) is not None:
            try:
                delivery = self._deliver(turn)
            except Exception as error:
                # A thread that just dies would leave the loop waiting for its answer.
                log.exception("a turn with the server failed")
                delivery = ExchangeResult(turn, None, ProtocolError(f"A turn failed: {error!r}."))
            self._incoming.append(delivery)
            self._ring()

    def _deliver(self, turn: Exchange) -> ExchangeResult:
        delay_s = FIRST_DELAY_S
        while not self._closed.is_set():
            if self._is_behind_another(turn):
                self._closed.wait(FIRST_DELAY_S)
                continue
            try:
                reply = self._turns.take(turn)
            except (NotFoundError, UsageError) as error:
                return ExchangeResult(turn, None, error)
            except TorcError as error:
                self._note_failure(turn, error)
                # Jitter keeps many runners from coming back at the same moment.
                self._closed.wait(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                delay_s = min(delay_s * 2, LAST_DELAY_S)
            else:
                if self._failing_since.pop(turn.seq, None) is not None:
                    log.info("the server answers again")
                return ExchangeResult(turn, reply)
        return ExchangeResult(turn, None)

    def _is_behind_another(self, turn: Exchange) -> bool:
        """Whether an older turn fails too.

        It goes first, so that reports arrive in the order in which they were made.
        """
        failing = list(self._failing_since)
        return turn.seq in failing and min(failing) < turn.seq

    def _note_failure(self, turn: Exchange, error: TorcError) -> None:
        if turn.seq not in self._failing_since:
            self._failing_since[turn.seq] = time.monotonic()
            log.warning("%s Jobs go on; the report is kept and tried again.", error.message)
            self._ring()
