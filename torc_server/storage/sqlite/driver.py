"""Statements that go to the driver as they are, which takes a tenth of SQLAlchemy's time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def run(connection: Connection, text: str) -> sqlite3.Cursor:
    """Execute a text, and return the cursor with its rows.

    Raises:
        DBAPIError: As SQLAlchemy would.
    """
    try:
        return driver_of(connection).execute(text)
    except sqlite3.Error as error:
        dialect = connection.dialect
        raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=dialect) from error


@contextmanager
def one_state(connection: Connection) -> Iterator[None]:
    """Have what is read of one state of the file; a state that is held pins the log.

    For SQLAlchemy all of it is one transaction: to begin and to roll back one takes it 80 us, and
    the driver 5.
    """
    driver = driver_of(connection)
    if connection.in_transaction():
        run(connection, "BEGIN")
    else:
        connection.begin()
    try:
        yield
    finally:
        driver.rollback()


def interrupt(connection: Connection) -> None:
    """End the statement that another thread executes, if any."""
    driver_of(connection).interrupt()


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
