"""The real processes of a campaign: a server, runners, and all that comes of them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from torc_core.client import TorcClient
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.service import PORT_LINE
from torc_core.spec import parse_workflow

START_S = 120.0
SERVER = ("-m", "torc_server")


class Processes:
    """The server and the latest runner of a campaign.

    Args:
        folder: Where they run and write.
        slots: How many jobs each runner may run at once.
        options: Further options of the server.
    """

    def __init__(self, folder: Path, slots: int, options: Sequence[str] = ()) -> None:
        self.folder = folder
        self.database = folder / "torc.db"
        self.workflow_id = 0
        self.port = 0
        self._slots = slots
        self._program: Sequence[str] = SERVER
        self._options = options
        self._log = (folder / "log").open("ab")
        self._environment = os.environ | {
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        self.server = self.start_server()
        self.runner: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}/torc-service/v1"

    def start_server(self) -> subprocess.Popen[Any]:
        """Start it, with the same port and database each time."""
        self.server = self._start(
            *(*self._program, "run", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--database", str(self.database), *self._options),
            stdout=subprocess.PIPE,
        )
        output = self.server.stdout
        assert output is not None
        while select.select([output], [], [], START_S)[0] and (line := output.readline().decode()):
            if line.startswith(PORT_LINE):
                self.port = int(line.removeprefix(PORT_LINE))
                return self.server
        raise RuntimeError(f"The server did not start; see {self.folder / 'log'}.")

    def change_server(self, *program: str, **variables: str) -> None:
        """Have Python run something else as the next server, with variables in its environment."""
        self._program = program
        self._environment |= variables

    def create_workflow(self, name: str, jobs: Sequence[dict[str, Any]]) -> None:
        """Create and initialize the workflow that runners run."""
        client = TorcClient(self.url)
        try:
            text = json.dumps({"name": name, "jobs": jobs})
            spec = parse_workflow(text, format="json", source=f"{name}.json")
            self.workflow_id = create_workflow(client, spec, user="campaign")
            initialize_workflow(client, self.workflow_id)
        finally:
            client.close()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the server's database says."""
        uri = f"file:{self.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    def start_runner(
        self, *arguments: str, url: str | None = None, **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start one.

        Args:
            arguments: Further ones of `torc run`.
            url: How it reaches the server, if not directly.
            variables: Of its environment, and of all that comes of it.
        """
        self.runner = self._start(
            *("-m", "torc_tui", "--url", url or self.url, "run", str(self.workflow_id)),
            *("--max-parallel-jobs", str(self._slots), *arguments),
            stdout=self._log,
            **variables,
        )
        return self.runner

    def kill_runner(self) -> None:
        """Kill it, if it runs."""
        if self.runner is not None:
            self.runner.kill()
            self.runner.wait()

    def kill_server(self) -> None:
        """Kill it, and start the next one."""
        self.server.kill()
        self.server.communicate()
        self.start_server()

    def kill_others(self, module: str, wait_s: float = 0.0) -> int:
        """Kill the processes that run a module, once there are some; return how many there were."""
        deadline = time.monotonic() + wait_s
        while not (found := [pid for pid, line in self.left() if module in line]):
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.01)
        send(signal.SIGKILL, found)
        return len(found)

    def left(self, variable: str = "XDG_STATE_HOME", value: str = "") -> list[tuple[int, str]]:
        """Return the pid and command line of each process of the campaign, jobs included.

        Args:
            variable: Only those that have this in their environment.
            value: With this value.
        """
        return list(self._left(os.fsencode(f"{variable}={value or self.folder / 'state'}")))

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill_runner()
        self.server.kill()
        self.server.communicate()
        send(signal.SIGKILL, (pid for pid, _ in self.left()))
        self._log.close()

    def _left(self, mark: bytes) -> Iterator[tuple[int, str]]:
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield int(entry.name), os.fsdecode(line)

    def _start(self, *arguments: str, stdout: Any, **variables: str) -> subprocess.Popen[Any]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=self._log,
        )


def send(signum: int, pids: Iterable[int]) -> None:
    """Send a signal to those of some processes that live."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


def conclude(problems: Sequence[str], folder: Path) -> int:
    """Print what a campaign found wrong, and where to look; return its exit code."""
    for problem in problems:
        print(f"PROBLEM {problem}")
    print(f"see {folder}" if problems else "nothing is wrong")
    return 1 if problems else 0
