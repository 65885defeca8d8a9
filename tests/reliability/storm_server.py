"""`torc-server` that may be killed at a statement, by itself: the options of `torc-server`.

`STORM_DIES_AT` says how many statements it executes before, in any thread; left out, it lives.
Where it dies is appended to the file `deaths` in the current directory.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from functools import partial
from typing import Any

from reliability.simulation import store

from torc_server.__main__ import main as run_server
from torc_server.storage.sqlite import database

DIES_AT = "STORM_DIES_AT"
DEATHS = "deaths"
BEGIN = "BEGIN IMMEDIATE"
_AT_COMMIT = {store.COMMIT: "before the commit of", store.COMMITTED: "after the commit of"}


class Points(store.Points):
    """Statements, of which one is the last."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self._before_death = left
        self._writer = 0
        """The thread that is within a transaction."""

    def reach(self, text: str) -> None:
        """Die at the last one."""
        thread = threading.get_ident()
        is_within = thread == self._writer
        if self._before_death == 0:
            where = _AT_COMMIT.get(text, "within") if is_within else "outside"
            descriptor = os.open(DEATHS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(descriptor, f"{where} a transaction\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        self._before_death -= 1
        if text == BEGIN:
            self._writer = thread
        elif is_within and text == store.COMMITTED:
            self._writer = 0


def watched(points: Points) -> type[sqlite3.Connection]:
    """Return a class of connections whose statements reach points, with those that begin."""

    class Connection(store.watched(points)):  # type: ignore[misc]
        def execute(self, text: str, values: Any = ()) -> Any:
            points.reach(text)
            return super().execute(text, values)

    return Connection


def main() -> None:
    """Be the server."""
    if DIES_AT in os.environ:
        points = Points(int(os.environ[DIES_AT]))
        driver = watched(points)
        database.SQLiteDatabase = partial(database.SQLiteDatabase, driver=driver)  # type: ignore[misc]
    run_server()


if __name__ == "__main__":
    main()
