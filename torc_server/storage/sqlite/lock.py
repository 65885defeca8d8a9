"""One server per database file: exclusive locks, held for the life of the process.

The kernel releases them when the process ends, however it ends. One is of a file beside the
database, whose content is only for the message of a second server; the other is of the database
itself, for a server that knows it by another name.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torc_core.errors import ConflictError
from torc_core.host.files.locks import try_lock_contents, try_lock_file


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
    beside = Path(f"{database}.lock")
    lock = try_lock_file(beside)
    if lock is None:
        raise _taken(database, beside.read_bytes())
    with lock:
        by_any_name = try_lock_contents(database)
        if by_any_name is None:
            raise _taken(database, b"")
        with by_any_name:
            holder = Holder(pid=os.getpid(), host=socket.gethostname())
            beside.write_bytes(msgspec.json.encode(holder))
            yield


def _taken(database: Path, written: bytes) -> ConflictError:
    try:
        holder = msgspec.json.decode(written, type=Holder)
    except ValueError:
        who, facts = "Another server", {}
    else:
        who, facts = f"Process {holder.pid} on {holder.host}", {"pid": holder.pid}
    return ConflictError(
        f"{who} already serves the database {database}.",
        hint="Use that server, stop it first, or choose another file with --database.",
        **facts,
    )
