"""What lives as long as the server: the lock, the schema, the writer and the readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from sqlalchemy.exc import DBAPIError

from torc_core.clock import Clock, SystemClock
from torc_server.background.housekeeping import keep_house
from torc_server.background.task_runner import Background
from torc_server.records.tasks import fail_left_over
from torc_server.settings import ServerSettings
from torc_server.storage.database import Database
from torc_server.storage.migrations import check_version, migrate
from torc_server.storage.notify import Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.sqlite import SQLiteDatabase
from torc_server.storage.writer import Writer


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the database, serve, and close in reverse.

    Raises:
        ConflictError: Another server has the database, or its schema is newer.
        MachineError: The database cannot be opened.
    """
    settings: ServerSettings = app.state.settings
    notifier: Notifier = app.state.notifier
    database: Database = SQLiteDatabase(settings.database)
    clock = SystemClock()
    database.create()
    with database.exclusive():
        _prepare(database, clock)
        app.state.writer = Writer(database, notifier, clock=clock)
        app.state.readers = Readers(database, settings.readers)
        app.state.background = Background(app.state.writer, app.state.readers, clock)
        housekeeping = asyncio.create_task(keep_house(app.state.writer, clock))
        try:
            yield
        finally:
            housekeeping.cancel()
            app.state.background.stop()
            notifier.close()
            app.state.readers.stop()
            await app.state.writer.stop()


def _prepare(database: Database, clock: Clock) -> None:
    """Upgrade the schema; a foreign database is not touched."""
    try:
        with database.reader_engine().connect() as connection:
            version = check_version(connection, database)
        with database.writer_engine().connect() as connection:
            migrate(connection, database, version)
            with connection.begin():
                fail_left_over(connection, now_ms=clock.wall_ms())
    except DBAPIError as error:
        raise database.unusable(error) from error
