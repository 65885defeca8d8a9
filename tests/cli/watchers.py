"""`torc watch` as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from forks.processes import Process
from waiting import wait_for


class Watcher:
    """A watch that goes on beside a test.

    Args:
        directory: Its current directory; what it says goes to a file there.
        words: Of the command, behind `torc watch`.
    """

    _started = 0

    def __init__(self, directory: Path, *words: object) -> None:
        Watcher._started += 1
        self.said_path = directory / f"said{Watcher._started}.txt"
        with self.said_path.open("wb") as said:
            self.process = Process(
                [sys.executable, "-m", "torc_tui", "watch", *map(str, words)],
                cwd=directory,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """All that it has said so far."""
        return self.said_path.read_text()

    def wait_for(self, text: str, timeout_s: float = 100) -> None:
        """Wait until it has said something."""
        wait_for(
            lambda: text in self.said or self.process.poll() is not None, f"{text!r}", timeout_s
        )
        assert text in self.said, self.said

    def end(self, timeout_s: float = 100) -> int:
        """Wait for its end and return the exit code."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(self.said) from None

    def kill(self, how: int = signal.SIGKILL) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(100)


def logged(path: Path) -> list[str]:
    """Return the lines of the log of a watch without their times, which each line has."""
    lines = path.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z( |$)", line) for line in lines)
    return [line[25:] for line in lines]
