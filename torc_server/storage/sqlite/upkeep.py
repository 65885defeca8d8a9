"""What is done to a whole file: copied, and made smaller."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from torc_server.storage.sqlite.database import SQLiteDatabase, uri_of
from torc_server.storage.sqlite.free_pages import INCREMENTAL


def copy_file(source: Path, target: Path) -> None:
    """Copy a database, which may be in use, into a file; the copy is of one moment, and on disk.

    Raises:
        OSError: One cannot be read, or the other not written.
    """
    try:
        with (
            closing(sqlite3.connect(uri_of(source, "ro"), uri=True)) as original,
            closing(sqlite3.connect(uri_of(target, "rwc"), uri=True)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # all of it is in the one file
    except sqlite3.Error as error:
        raise OSError(None, str(error)) from error
    descriptor = os.open(target, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compact(database: SQLiteDatabase) -> None:
    """Rewrite the file without its free pages, and empty the log.

    Raises:
        MachineError: There is no space for it, or the disk fails; the file is as before.
    """
    try:
        with closing(sqlite3.connect(uri_of(database.path, "rw"), uri=True)) as connection:
            connection.execute(f"PRAGMA {INCREMENTAL}")  # from now on, pages go back by themselves
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise database.explain(error) or database.unusable(error) from error
