"""One server per database file: an exclusive lock, held for the life of the process.

The kernel releases it when the process ends, however it ends. The content of the file is only for
the message of a second server.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torc_core.errors import ConflictError


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
    descriptor = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _taken(database, os.pread(descriptor, 4096, 0)) from error
        holder = Holder(pid=os.getpid(), host=socket.gethostname())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(holder), 0)
        yield
    finally:
        os.close(descriptor)


def _taken(database: Path, written: bytes) -> ConflictError:
    try:
        holder = msgspec.json.decode(written, type=Holder)
    except msgspec.MsgspecError:
        who, facts = "Another process", {}
    else:
        who, facts = f"Process {holder.pid} on {holder.host}", {"pid": holder.pid}
    return ConflictError(
        f"{who} already serves the database {database}.",
        hint="Use that server, stop it first, or choose another file with --database.",
        **facts,
    )
