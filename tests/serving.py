"""Servers as processes of their own, on loopback."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from forks.processes import Process
from stillness import SERVERS

from torc_core.client import TorcClient
from torc_core.service import PORT_LINE

START_TIMEOUT_S = 100


class ServerProcess:
    """A server of its own process, with a database that survives `kill` and `start`."""

    def __init__(
        self,
        database: Path,
        *arguments: str,
        program: Sequence[str] = ("-m", "torc_server"),
        address: str | None = None,
    ) -> None:
        self.database = database
        self.address = address or str(database)
        """What is given to it as its database."""
        self.arguments = arguments
        self.program = program
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/torc-service/v1"

    @property
    def log(self) -> Path:
        return self.database.with_suffix(".log")

    def start(self) -> None:
        """Start it, at the port of the last time if there was one."""
        with self.log.open("ab") as log:
            self.process = Process(
                [
                    *(sys.executable, *self.program, "run", "--host", "127.0.0.1"),
                    *("--port", str(self.port), "--database", self.address),
                    *self.arguments,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        SERVERS.add(self.process.pid)
        assert self.process.stdout is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while select.select([self.process.stdout], [], [], deadline - time.monotonic())[0]:
            line = self.process.stdout.readline()
            if line.startswith(PORT_LINE):
                self.port = int(line.removeprefix(PORT_LINE))
                return
            if not line:
                break
        pytest.fail(f"the server did not start: {self.log.read_text('utf-8')[-2000:]}")

    def kill(self, how: int = signal.SIGKILL) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(START_TIMEOUT_S)
        SERVERS.discard(self.process.pid)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def client(self) -> TorcClient:
        return TorcClient(self.url)


@contextmanager
def serving(place: Path, address: str | None = None) -> Iterator[ServerProcess]:
    """Run a server that has its database in a directory, or at an address."""
    running = ServerProcess(place / "torc.db", address=address)
    running.start()
    yield running
    if running.process is not None:
        running.kill(signal.SIGTERM)
