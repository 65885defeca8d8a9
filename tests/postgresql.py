"""A PostgreSQL server for tests, of the programs that Debian installs; its data goes with it."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Self

import psycopg
from environments import program
from waiting import wait_for

_SETTINGS = {
    "listen_addresses": "",  # a socket in its directory is enough
    "fsync": "off",  # nothing of it outlives the tests
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
"""Settings for measurements: what is committed is on disk."""
_USER = "postgres"
"""Who runs it for root, as it refuses root; Debian's package makes this user."""
_WATCH = """
cat
pid=$(head -n 1 "$1/data/postmaster.pid") && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ] &&
    kill -INT "$pid" && tail -f /dev/null --pid "$pid"
rm -rf "$1"
"""
"""Waits for the end of its input, and leaves nothing of the server in a directory."""


class Postgres:
    """One server, with databases by number.

    Args:
        settings: What is different from those of tests.
    """

    def __init__(self, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self._settings = _SETTINGS | dict(settings)
        self._directory = Path(tempfile.mkdtemp(prefix="torc-pg-", dir="/tmp"))  # short: a socket
        self._data = self._directory / "data"
        self._user = {"user": _USER, "group": _USER} if os.geteuid() == 0 else {}
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # However this process ends: in a session of its own, it outlives the others.
        self._watch = subprocess.Popen(
            ["sh", "-c", _WATCH, "watch", self._directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        if self._user:
            found = pwd.getpwnam(_USER)
            os.chown(self._directory, found.pw_uid, found.pw_gid)
        subprocess.run(
            [
                *(program("initdb"), "--pgdata", self._data, "--no-sync", "--username", "torc"),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            check=True,
            capture_output=True,
            cwd=self._directory,
            **self._user,
        )
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self._watch.communicate()

    def start(self) -> None:
        """Start it; its databases are as they were."""
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(program("postgres"), "-D", self._data, "-k", self._directory),
                    *(word for pair in self._settings.items() for word in ("-c", "=".join(pair))),
                ],
                stdout=log,
                stderr=log,
                cwd=self._directory,
                **self._user,
            )
        wait_for(self._answers, "PostgreSQL to answer")

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it, by default with an end to all sessions; SIGQUIT: as in a crash."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(300)

    @property
    def pid(self) -> int:
        """Its first process, which starts all others."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self._directory / "log").read_text("utf-8", "replace")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute a statement beside all servers of torc, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template0") -> str:
        """Return the URL of a new database."""
        name = f"torc{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://torc@/{database}?host={self._directory}"

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True
