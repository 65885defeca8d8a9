"""Sends to the terminal what changed, as fast as it takes it, and never makes its caller wait."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from torc_tui.driver.flow import Flow
from torc_tui.driver.screen import Screen

_QUESTION = "\x1b[6n"
"""Where is the cursor? Terminals answer when they have done all before it."""
_AT_ONCE = 1024
"""Bytes per write; a terminal that is closed or stopped is noticed between two."""
_ANSWER_S = 3.0
_END_S = 5.0
"""How long the last bytes may take while nothing of them goes out."""


class Output:
    """What is written here is taken in by one thread and sent by another.

    `write`, `answer` and `resize` only put a note into a queue that a signal handler may use, too.

    Args:
        screen: What the terminal shows.
        send: Writes bytes to the terminal; it may take long, and fail with an OSError.
        encoding: Of the terminal.
        fail: Takes a fault of what works out what to send; from then on all is sent as it comes.
    """

    def __init__(
        self,
        screen: Screen,
        send: Callable[[bytes], object],
        encoding: str,
        fail: Callable[[Exception], object],
    ) -> None:
        self._screen: Screen | Unmodeled = screen
        self._fail = fail
        self._send = send
        self._encoding = encoding
        self._notes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._unsent: SimpleQueue[bytes | None] = SimpleQueue()
        self._flow = Flow(time.monotonic())
        self._is_busy = False
        self._is_ending = False
        self._is_silent = False
        self._has_answered = threading.Event()
        self._sent = 0
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._take_in, "screen"), (self._write_out, "terminal"))
        ]

    @property
    def rate(self) -> float | None:
        """Bytes per second that the line takes, once measured."""
        return self._flow.rate

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def write(self, data: str) -> None:
        """Take in what is written for the terminal; frames that come too fast are left out."""
        self._notes.put(lambda: self._screen.write(data))

    def resize(self, columns: int, rows: int) -> None:
        """Take in that the terminal has another size."""
        self._notes.put(lambda: self._screen.resize(columns, rows))

    def answer(self) -> None:
        """Take in that the terminal said where its cursor is."""
        self._notes.put(lambda: self._flow.answer(time.monotonic()))

    def repaint(self) -> None:
        """Paint all again."""
        self._notes.put(self._screen.repaint)

    def ask_no_more(self) -> None:
        """Ask the terminal nothing any more, and wait a little for what it has to answer."""
        self._notes.put(self._fall_silent)
        self._has_answered.wait(_ANSWER_S)

    def close(self) -> None:
        """Send the rest; give up on a terminal that takes nothing any more."""
        self._notes.put(self._end)
        while self._threads[1].is_alive():
            sent = self._sent
            self._threads[1].join(_END_S)
            if self._sent == sent:
                return

    def _fall_silent(self) -> None:
        self._is_silent = True

    def _end(self) -> None:
        self._is_ending = True

    def _sent_all(self) -> None:
        self._is_busy = False

    def _take_in(self) -> None:
        try:
            self._take_in_until_end()
        except Exception as error:  # noqa: BLE001 - the terminal has to be left clean after any
            self._screen = Unmodeled()
            self._fail(error)
            self._take_in_until_end()

    def _take_in_until_end(self) -> None:
        while not (self._is_ending and not self._is_busy):
            now_s = time.monotonic()
            self._flow.give_up_lost(now_s)
            if self._is_silent and not self._flow.is_waiting:
                self._has_answered.set()
            self._next(now_s)
            self._take_in_notes(self._flow.wakes_in_s(now_s))
        if rest := self._screen.take():
            self._unsent.put(self._encoded(rest))
        self._unsent.put(None)

    def _take_in_notes(self, timeout_s: float | None) -> None:
        """Wait for a note, and take in all there are."""
        try:
            self._notes.get(timeout=timeout_s)()
            while True:
                self._notes.get_nowait()()
        except Empty:
            return

    def _next(self, now_s: float) -> None:
        """Send what differs now, if the line is free."""
        if self._is_busy or not (self._screen.has_news or self._flow.is_owed_a_question):
            return
        data = self._screen.take(None if self._is_silent else self._flow.budget(now_s))
        if not self._is_silent:
            ahead = _QUESTION if self._flow.ask_ahead(now_s) else ""
            behind = _QUESTION if self._flow.send(len(data), now_s) else ""
            data = f"{ahead}{data}{behind}"
        if not data:
            return
        self._is_busy = True
        self._unsent.put(self._encoded(data))

    def _encoded(self, data: str) -> bytes:
        return data.encode(self._encoding, "replace")

    def _write_out(self) -> None:
        while (data := self._unsent.get()) is not None:
            try:
                for start in range(0, len(data), _AT_ONCE):
                    self._send(data[start : start + _AT_ONCE])
                    self._sent += 1
            except OSError:
                self._notes.put(self._end)
                self._notes.put(self._sent_all)
                return  # the terminal is gone; what watches it ends the program
            self._notes.put(self._sent_all)


class Unmodeled:
    """Stands in for a screen, and passes all on."""

    def __init__(self) -> None:
        self._written: list[str] = []

    @property
    def has_news(self) -> bool:
        """Whether something has to be sent."""
        return bool(self._written)

    def write(self, data: str) -> None:
        """Take in what was written for the terminal."""
        self._written.append(data)

    def take(self, _budget: int | None = None) -> str:
        """Return it."""
        data, self._written = "".join(self._written), []
        return data

    def resize(self, columns: int, rows: int) -> None:
        """Do nothing: what is written for another size says so itself."""

    def repaint(self) -> None:
        """Do nothing: there is nothing to paint from."""


def write_all(descriptor: int, data: bytes) -> None:
    """Write to a file, however little it takes at a time."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # programs that share the terminal may have made it non-blocking
            select.select([], [descriptor], [])
