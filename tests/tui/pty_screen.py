"""A program in a real pseudo-terminal: what it writes, byte by byte, and what is then seen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from forks.processes import Process
from stillness import stillness
from tui.emulator import Seen, Terminal

TIMEOUT_S = 100.0
_STILL_S = 0.02
"""Longer than the pause in which the interface gathers what it paints."""
_ESCAPE, _ESCAPE_S = "\x1b", 0.25
"""Behind an escape the rest of a sequence may come; Textual looks for it ten times a second."""
_KEY = re.compile(
    r"(?:\x1b\[<[\d;]+[Mm])+"  # of the mouse, of which two clicks are one act
    r"|\x1b\[200~.*?\x1b\[201~"  # pasted
    r"|\x1b\[[\d;]*[A-Za-z~]|\x1bO.|.",
    re.DOTALL,
)

_TERMINAL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    # On a busy machine this terminal is slow, and what is shown shall not depend on that.
    "TORC_CLIENT__TUI__LOW_BANDWIDTH": "off",
}


class PtyScreen:
    """Runs a program at `columns` x `rows` and reads its output into a screen.

    With `bytes_per_s` it reads no faster than that.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int,
        rows: int,
        environ: Mapping[str, str],
        cwd: Path,
        bytes_per_s: float | None = None,
    ) -> None:
        self.output = bytearray()
        self.patience_s = TIMEOUT_S
        """How long something is waited for before it is said to be missing."""
        self._rate = bytes_per_s
        self._pace = threading.Event()
        self._master, slave = pty.openpty()
        self._name = os.ttyname(slave)
        self._screen = Terminal(columns, rows, self.type_ahead)
        # A size in the environment, as parallel test runs set one, would win over the terminal's.
        inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = Process(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**inherited, **_TERMINAL, **environ},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)

    def read(self, timeout_s: float) -> bytes:
        """Return what arrives next, or nothing when the program is silent for so long."""
        if not select.select([self._master], [], [], timeout_s)[0]:
            return b""
        try:
            data = os.read(self._master, self._at_once)
        except OSError:
            return b""
        self.output += data
        self._screen.receive(data)
        if self._rate:
            self._pace.wait(len(data) / self._rate)
        return data

    @property
    def _at_once(self) -> int:
        """Bytes; a slow line brings what it carries in a fiftieth of a second."""
        return max(int(self._rate / 50), 1) if self._rate else 1 << 16

    def send(self, keys: str) -> None:
        """Press keys, each when all before it has had its effect, and that is painted."""
        for key in _KEY.findall(keys):
            self.rest()
            self.type_ahead(key)
            if key == _ESCAPE:
                self.rest()
                self._read_for(_ESCAPE_S)

    def type_ahead(self, keys: str) -> None:
        """Press keys without waiting for anything."""
        os.write(self._master, keys.encode())

    @property
    def lines(self) -> list[str]:
        """What is seen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def cells(self) -> list[list[Seen]]:
        """What is seen of each cell."""
        return self._screen.cells

    def style_of(self, text: str, *, beside: str = "") -> tuple[str, str, bool, bool]:
        """Text color, background, bold and reverse of where a text is seen first.

        Args:
            text: What is looked for.
            beside: What else is on that line.
        """
        y, x = next(
            (y, line.index(text))
            for y, line in enumerate(self._screen.display)
            if text in line and beside in line
        )
        cell = self._screen.buffer[y][x]
        return cell.fg, cell.bg, cell.bold, cell.reverse

    @property
    def settings(self) -> list[object]:
        """What the terminal line does with input and output."""
        return termios.tcgetattr(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the kernel tells what has the terminal."""
        self._screen.resize(rows, columns)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def wait_for(self, *texts: str, gone: str = "") -> None:
        """Read until all of these are seen, and what shall be gone is not."""
        deadline = time.monotonic() + self.patience_s
        while True:
            seen = "\n".join(self.lines)
            if all(text in seen for text in texts) and not (gone and gone in seen):
                return
            if time.monotonic() > deadline:
                pytest.fail(f"waited in vain for {texts}:\n{seen}")
            self.read(0.2)

    def rest(self) -> None:
        """Read until the program, and the servers that it may have asked, have nothing to do."""
        deadline = time.monotonic() + self.patience_s
        before = None
        while True:
            now = self._stillness()
            if now is not None and now == before:
                return
            if time.monotonic() > deadline:
                pytest.fail("the program did not come to rest:\n" + "\n".join(self.lines))
            before = now
            while self.read(_STILL_S):
                before = None

    def wait_for_silence(self, silence_s: float = 1.0) -> None:
        """Read until nothing comes for so long, and the program does not wait for a processor."""
        while self.read(silence_s) or self._stillness() is None:
            pass

    def _read_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(left)

    def _stillness(self) -> object:
        """What is still of the program, and of what it has in the foreground."""
        if self._has_unread():
            return None
        pids = {self.process.pid}
        with suppress(OSError):
            pids.add(os.tcgetpgrp(self._master))
        return stillness(pids)

    def _has_unread(self) -> bool:
        """Whether keys wait for the program.

        To ask that of the kernel also delivers what is on its way through the pseudo-terminal,
        where a thread of the kernel carries it, which waits for a processor like any other.
        """
        try:
            slave = os.open(self._name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:  # the program has ended
            return False
        try:
            return bool(select.select([slave], [], [], 0)[0])
        finally:
            os.close(slave)

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal, read the rest of the output, and return the exit code."""
        self.process.send_signal(how)
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Read until the program has ended, and return its exit code."""
        deadline = time.monotonic() + self.patience_s
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                pytest.fail("the program did not end:\n" + "\n".join(self.lines))
            self.read(0.05)
        while self.read(0.1):
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the other side of the terminal, as a lost connection does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """Make sure that nothing is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._master >= 0:
            self.hang_up()
