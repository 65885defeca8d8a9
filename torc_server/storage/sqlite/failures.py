"""What the failures of SQLite's statements mean, by its result codes."""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError

from torc_core.errors import ConflictError, MachineError
from torc_server.storage.database import dangling_reference, duplicate
from torc_server.storage.health import STATE

_MACHINE_PROBLEMS = {
    sqlite3.SQLITE_FULL: (
        "The server has no space left for its database; nothing was changed.",
        "Free some space on the server's disk and repeat the request.",
        "full",
    ),
    sqlite3.SQLITE_READONLY: (
        "The server may only read its database; nothing was changed.",
        "Correct the permissions of the file and its directory on the server.",
        "read-only",
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program has locked the server's database; nothing was changed.",
        "Close the other program on the server and repeat the request.",
        "locked",
    ),
    sqlite3.SQLITE_IOERR: (
        "The server's disk failed; nothing was changed.",
        "Check the server's log and its disk.",
        "failing",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The server cannot open its database; nothing was changed.",
        "Check that the file is in its place on the server, and that there may be more open files.",
        "missing",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The server's database is damaged; nothing was changed.",
        "Stop the server and restore a backup.",
        "damaged",
    ),
}
"""Messages, hints and the state of the database by SQLite's primary result code; each of them ends
the transaction."""

_DUPLICATE = re.compile(r"UNIQUE constraint failed: (\w+)\..*")
_COLUMN = re.compile(r"\.(\w+)")


def explain(error: Exception) -> MachineError | ConflictError | None:
    """Return what a statement's failure means; None: it is a fault of this program."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    problem = _MACHINE_PROBLEMS.get(code & 0xFF) if code is not None else None
    if problem is not None:
        return MachineError(problem[0], hint=problem[1], **{STATE: problem[2]})
    if not isinstance(error, IntegrityError):
        return None
    if twice := _DUPLICATE.match(str(cause)):
        return duplicate(twice[1], _COLUMN.findall(twice[0]))
    return dangling_reference()
