"""A copy of a database, made while a server may use it, and checked."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from torc_core.errors import ConflictError, MachineError, UsageError
from torc_server.storage import tables
from torc_server.storage.migrations import check_version
from torc_server.storage.sqlite.damage import find_damage
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.sqlite.upkeep import copy_file


class Backup(NamedTuple):
    """A copy that was made."""

    file: Path
    num_workflows: int
    num_bytes: int


def back_up(database: SQLiteDatabase, file: Path, *, replaces: bool) -> Backup:
    """Copy a database into a file, which exists only once the copy was checked and is on disk.

    Args:
        database: What is copied; a server may write to it meanwhile.
        file: Where to.
        replaces: Whether an existing file is replaced.

    Raises:
        UsageError: The file is the database.
        ConflictError: The file exists, or the database is not one of this program.
        MachineError: The database cannot be read or is damaged, or the file cannot be written.
    """
    file = file.absolute()
    if file.exists():
        if file.samefile(database.path):
            raise UsageError(f"{file} is the database itself.", hint="Name another file.")
        if not replaces:
            raise ConflictError(
                f"{file} exists already.", hint="Name another file, or replace it with --force."
            )
    fresh = file.with_name(f".{secrets.token_hex(8)}.new")
    try:
        try:
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            copy_file(database.path, fresh)
            num_workflows = _checked(SQLiteDatabase(fresh))
            if replaces:
                fresh.replace(file)
            else:
                file.hardlink_to(fresh)  # fails if it was made meanwhile
        finally:
            for name in ("", "-journal", "-wal", "-shm"):  # SQLite's, if it could not finish
                fresh.with_name(fresh.name + name).unlink(missing_ok=True)
        _sync(file.parent)
    except OSError as error:
        raise MachineError(
            f"The database {database.name} was not backed up to {file}: {error.strerror}.",
            hint="Check the path, its permissions and the space on its disk.",
        ) from error
    return Backup(file, num_workflows, file.stat().st_size)


def _checked(copy: SQLiteDatabase) -> int:
    """Return how many workflows a copy has, once it is known to be whole."""
    try:
        with copy.reader_engine().connect() as connection:
            damage = list(find_damage(connection))
            if not damage:
                check_version(connection, copy)
                workflows = select(func.count()).select_from(tables.workflow)
                return connection.execute(workflows).scalar_one()
    except DBAPIError as error:
        damage = [str(error.orig)]
    raise MachineError(
        f"The database is damaged, so that it was not backed up: {damage[0]}",
        hint="torc-server check says what is damaged; an older backup may be whole.",
    )


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
