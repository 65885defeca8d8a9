"""A program in a real pseudo-terminal: what it writes, byte by byte, and what is then seen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte
import pytest

TIMEOUT_S = 30.0


class PtyScreen:
    """Runs a program at `columns` x `rows` and reads its output into a screen."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int,
        rows: int,
        environ: Mapping[str, str],
        cwd: Path,
    ) -> None:
        self.output = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        # A size in the environment, as parallel test runs set one, would win over the terminal's.
        inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)

    def read(self, timeout_s: float) -> bytes:
        """Return what arrives next, or nothing when the program is silent for so long."""
        if not select.select([self._master], [], [], timeout_s)[0]:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return b""
        self.output += data
        # pyte does not know private sequences with intermediates, such as mode reports.
        with contextlib.suppress(TypeError):
            self._stream.feed(data)
        return data

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    @property
    def lines(self) -> list[str]:
        """What is seen."""
        return [line.rstrip() for line in self._screen.display]

    def wait_for(self, *texts: str, gone: str = "") -> None:
        """Read until all of these are seen, and what shall be gone is not."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            seen = "\n".join(self.lines)
            if all(text in seen for text in texts) and not (gone and gone in seen):
                return
            if time.monotonic() > deadline:
                pytest.fail(f"waited in vain for {texts}:\n{seen}")
            self.read(0.2)

    def wait_for_silence(self, silence_s: float = 1.0) -> None:
        """Read until nothing comes for so long."""
        while self.read(silence_s):
            pass

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal, read the rest of the output, and return the exit code."""
        self.process.send_signal(how)
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Read until the program has ended, and return its exit code."""
        deadline = time.monotonic() + TIMEOUT_S
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
            os.close(self._master)
