"""Functions that may block, each on a daemon thread, so that none waits for another.

A thread that has returned takes the next call. To start one blocks the event loop until it runs,
and beside other programs that takes longer than to answer a key.

Workers of Textual were measured instead (`run_worker(thread=True, exclusive=True, group=...)`).
Their threads belong to asyncio's executor, which is waited for at the exit: with a server that
accepts connections and never answers, quitting took 20.2 s, the timeout of the request, and 0.5 s
with daemon threads. And the thread of a replaced worker keeps running: a key held down for 2 s,
against a server that takes 0.2 s, had 6 requests under way together, here at most one per slot.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from torc_core.errors import MachineError, TorcError
from torc_core.host.program import as_error

T = TypeVar("T")

MOST_UNDER_WAY = 32


class _Call(NamedTuple):
    slot: Hashable
    function: Callable[[], Any]
    future: asyncio.Future[Any]


class Threads:
    """Carries out calls of one slot one after the other, and those of different slots together.

    One that waits is replaced by the next of its slot, so that a held-down key asks for the last
    window only: its awaiter is canceled.

    Args:
        what: What is called, in the plural, for errors.
        hint: What to do when too many do not return.
    """

    def __init__(self, what: str, hint: str) -> None:
        self._what, self._hint = what, hint
        self._lock = threading.Lock()
        self._under_way: set[Hashable] = set()
        self._waiting: dict[Hashable, _Call] = {}
        self._free: list[SimpleQueue[_Call]] = []
        """Of threads that have nothing to do: where they wait."""

    def submit(self, function: Callable[[], T], slot: Hashable = None) -> asyncio.Future[T]:
        """Return the result to come, a `TorcError` if there is an error; needs the event loop.

        Args:
            function: Called in a thread.
            slot: None for a call by itself.

        Raises:
            MachineError: Too many earlier calls have not returned.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        call = _Call(object() if slot is None else slot, function, future)
        with self._lock:
            if call.slot in self._under_way:
                replaced = self._waiting.get(call.slot)
                self._waiting[call.slot] = call
                if replaced is not None:
                    replaced.future.cancel()
                return future
            if len(self._under_way) == MOST_UNDER_WAY:
                raise MachineError(
                    f"{MOST_UNDER_WAY} earlier {self._what} have not been answered.",
                    hint=self._hint,
                )
            self._under_way.add(call.slot)
            free = self._free.pop() if self._free else None
        if free is not None:
            free.put(call)
        else:
            threading.Thread(target=self._work, args=(call,), name=self._what, daemon=True).start()
        return future

    @property
    def is_busy(self) -> bool:
        """Whether a call has not returned."""
        return bool(self._under_way)

    def _work(self, first: _Call) -> None:
        calls: SimpleQueue[_Call] = SimpleQueue()
        calls.put(first)
        while True:
            call: _Call | None = calls.get()
            while call is not None:
                call = self._carry_out(call, calls)

    def _carry_out(self, call: _Call, own: SimpleQueue[_Call]) -> _Call | None:
        """Carry out a call; return the next of its slot. Without one the thread is free."""
        finish = _outcome(call)
        with self._lock:
            # Before it counts as returned. If the event loop is closed, the interface has quit.
            with contextlib.suppress(RuntimeError):
                call.future.get_loop().call_soon_threadsafe(finish)
            following = self._waiting.pop(call.slot, None)
            if following is None:
                self._under_way.discard(call.slot)
                self._free.append(own)
        return following


def _outcome(call: _Call) -> Callable[[], None]:
    try:
        return partial(_succeed, call.future, call.function())
    except TorcError as error:
        return partial(_fail, call.future, error)
    except Exception as error:  # noqa: BLE001 - an error must not end the thread
        return partial(_fail, call.future, as_error(error))


def _succeed(future: asyncio.Future[Any], answer: Any) -> None:
    if not future.done():
        future.set_result(answer)


def _fail(future: asyncio.Future[Any], error: TorcError) -> None:
    if not future.done():
        future.set_exception(error)
