"""`torc` in processes that start in milliseconds, and what each of them used."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from forks.processes import Process

HANG_S = 100
"""A command that takes so long hangs; those of this suite take a fraction of a second."""
MAX_BYTES = 2 * 1024**3
"""Of address space: no mistake takes the memory of the machine."""
_STDOUT = 1
CLOSED = "closed"
"""What `run` takes for a standard output that there is not."""


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    """Its exit code; that of a signal is negative."""
    out: str
    err: str
    seconds: float
    """Of CPU time, which the other processes of the machine do not make longer."""
    peak_mib: float
    """The most memory that it had at a time, with that of Python and torc itself."""


def run(
    *arguments: object,
    folder: Path,
    stdin: bytes = b"",
    stdout: str = "",
    environ: Mapping[str, str] = os.environ,
) -> Ended:
    """Run a command of `torc`.

    Args:
        *arguments: Its arguments.
        folder: Its current directory.
        stdin: What it can read.
        stdout: A file to write to, `closed`, or nothing to keep what it prints.
        environ: Its environment.
    """
    streams = folder.parent / f"{folder.name}.streams"
    streams.mkdir(exist_ok=True)
    (streams / "0").write_bytes(stdin)
    kept = streams / "1"
    with (
        (streams / "0").open("rb") as given,
        (Path(stdout) if stdout not in {"", CLOSED} else kept).open("wb") as out,
        (streams / "2").open("wb") as err,
    ):
        process = Process(
            [sys.executable, "-m", "torc_tui", *map(str, arguments)],
            stdin=given,
            stdout=out,
            stderr=err,
            cwd=folder,
            env=dict(environ),
            closed=[_STDOUT] if stdout == CLOSED else [],
        )
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    watch = threading.Timer(HANG_S, os.kill, (process.pid, 9))
    watch.start()
    _, status, used = os.wait4(process.pid, 0)
    watch.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(
        process.returncode,
        "" if stdout else kept.read_text("utf-8", "replace"),
        (streams / "2").read_text("utf-8", "replace"),
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
    )
