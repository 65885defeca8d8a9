"""Statements that go to the driver as they are, which takes a tenth of SQLAlchemy's time."""

from __future__ import annotations

import sqlite3

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


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
