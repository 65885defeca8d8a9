"""`torc` in processes of its own that start in milliseconds, and what each of them used.

A small process imports the commands once and forks for each command line: what a real process is,
with its own standard streams, memory and exit code, without the time that imports take.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

HANG_S = 30
"""A command that takes so long hangs; those of this suite take a fraction of a second."""
MAX_BYTES = 2 * 1024**3
"""Of address space: no mistake takes the memory of the machine."""
_IMPORTED = (
    "torc_tui.cli.root",
    "torc_tui.cli.commands.run",
    "torc_tui.cli.commands.workflows",
    "torc_tui.cli.commands.workflows.definition.create",
    "torc_tui.cli.commands.jobs",
    "torc_core.client.connections",
    "torc_core.host.embedded_server",
    "torc_core.spec.load",
)


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


class Forks:
    """Runs command lines of `torc`, one at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=HANG_S)

    def run(
        self,
        *arguments: object,
        folder: Path,
        stdin: bytes = b"",
        stdout: str = "",
        environ: Mapping[str, str] = os.environ,
    ) -> Ended:
        """Run a command.

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
        order = {
            "arguments": [str(each) for each in arguments],
            "folder": str(folder),
            "environ": dict(environ),
            "streams": [str(streams / "0"), stdout or str(streams / "1"), str(streams / "2")],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        code, seconds, peak_kib = json.loads(self._process.stdout.readline())
        out = "" if stdout else (streams / "1").read_text("utf-8", "replace")
        err = (streams / "2").read_text("utf-8", "replace")
        return Ended(code, out, err, seconds, peak_kib / 1024)


def _become(order: dict[str, Any]) -> int:
    """Be the command that was ordered, and return its exit code."""
    from torc_core.host.program import run_program  # noqa: PLC0415 - in the process that imports
    from torc_tui.cli.root import run_command_line  # noqa: PLC0415

    signal.alarm(HANG_S)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    sys.argv = ["torc", *order["arguments"]]
    for number, path in enumerate(order["streams"]):
        if path == "closed":
            os.close(number)
            continue
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        opened = os.open(path, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the process
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        if order["streams"][number] != "closed"
        else None
        for number in (1, 2)
    )
    code = run_program(lambda: run_command_line(order["arguments"]))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def _fork(order: dict[str, Any]) -> tuple[int, float, int]:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = _become(order)
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    seconds = used.ru_utime + used.ru_stime
    return os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss


def main() -> None:
    """Run what is ordered, line by line."""
    for name in _IMPORTED:
        __import__(name)
    orders, replies = os.dup(0), os.fdopen(os.dup(1), "w")
    with os.fdopen(orders) as lines:
        for line in lines:
            print(json.dumps(_fork(json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
