"""What a command writes to a terminal, byte by byte."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Sequence
from pathlib import Path

from forks.processes import Process

_CHUNK = 1 << 16


def pty_output(arguments: Sequence[str], cwd: Path, answers: str = "", **environ: str) -> bytes:
    """Run `torc` in a pseudo-terminal until it ends, and return its output.

    Args:
        arguments: Its arguments.
        cwd: Where it runs.
        answers: What is typed, from the start.
        environ: Further variables of its environment.
    """
    master, slave = pty.openpty()
    with Process(
        [sys.executable, "-m", "torc_tui", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm-256color", **environ},
        start_new_session=True,
    ) as process:
        os.close(slave)
        os.write(master, answers.encode())
        output = b"".join(iter(lambda: _read(master), b""))
        process.wait()
    os.close(master)
    return output


def _read(master: int) -> bytes:
    try:
        return os.read(master, _CHUNK)
    except OSError:  # no process has the other side any more
        return b""
