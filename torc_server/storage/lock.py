"""One server per database file: an exclusive lock, held for the life of the process.

The kernel releases it when the process ends, however it ends. The content of the file is only for
the message of a second server.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torc_core.errors import ConflictError
from torc_core.host.files.locks import try_lock_file


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that holds the lock."""

    pid: int
    host: str


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the lock of a database.

    Raises:
        ConflictError: Another process holds it; the message names it.
    """
    path = Path(f"{database}.lock")
    lock = try_lock_file(path)
    if lock is None:
        raise _taken(database, path.read_bytes())
    with lock:
        path.write_bytes(msgspec.json.encode(Holder(pid=os.getpid(), host=socket.gethostname())))
        yield


def _taken(database: Path, written: bytes) -> ConflictError:
    try:
        holder = msgspec.json.decode(written, type=Holder)
    except ValueError:
        who, facts = "Another process", {}
    else:
        who, facts = f"Process {holder.pid} on {holder.host}", {"pid": holder.pid}
    return ConflictError(
        f"{who} already serves the database {database}.",
        hint="Use that server, stop it first, or choose another file with --database.",
        **facts,
    )
