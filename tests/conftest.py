"""What every test stands on: a private state directory and a real server on loopback."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from torc_core.client import TorcClient
from torc_core.service import PORT_LINE

START_TIMEOUT_S = 60

# The suite tries the same examples each time, so that it fails for a change and not by chance;
# HYPOTHESIS_PROFILE=explore tries new ones. Machines of many tests at once are slow.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(autouse=True)
def _private_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings and state of whoever runs the tests out of them, and theirs in."""
    for name in list(os.environ):
        if re.match(r"TORC_|SLURM_|SSH_|DATABASE_URL|RUST_LOG", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("USER", "tester")


class ServerProcess:
    """A server of its own process, with a database that survives `kill` and `start`."""

    def __init__(
        self, database: Path, *arguments: str, program: Sequence[str] = ("-m", "torc_server")
    ) -> None:
        self.database = database
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
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *self.program, "run", "--host", "127.0.0.1"),
                    *("--port", str(self.port), "--database", str(self.database)),
                    *self.arguments,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
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
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def client(self) -> TorcClient:
        return TorcClient(self.url)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of this process; each makes workflows of its own."""
    running = ServerProcess(tmp_path_factory.mktemp("server") / "torc.db")
    running.start()
    yield running
    if running.process is not None:
        running.kill(signal.SIGTERM)


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Start servers of a test's own, to kill and start again as it likes."""
    started: list[ServerProcess] = []

    def make(*arguments: str, database: Path | None = None, **how: Any) -> ServerProcess:
        path = database or tmp_path / f"own{len(started)}.db"
        running = ServerProcess(path, *arguments, **how)
        started.append(running)
        running.start()
        return running

    yield make
    for running in started:
        if running.process is not None:
            running.kill()


@pytest.fixture
def client(server: ServerProcess) -> Iterator[TorcClient]:
    """A client of the shared server."""
    connected = server.client()
    yield connected
    connected.close()


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Paris."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
