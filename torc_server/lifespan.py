"""What lives as long as the server: the lock, the schema, the writer and the readers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from torc_server.db import lock
from torc_server.db.engine import reader_engine, writer_engine
from torc_server.db.migrations import migrate
from torc_server.db.readers import Readers
from torc_server.db.writer import Writer
from torc_server.hub import Hub
from torc_server.settings import Settings


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the database, serve, and close in reverse.

    Raises:
        ConflictError: Another server has the database, or its schema is newer.
        MachineError: The database cannot be opened.
    """
    settings: Settings = app.state.settings
    hub: Hub = app.state.hub
    engine = writer_engine(settings.database)
    with lock.hold(settings.database):
        with engine.connect() as connection:
            migrate(connection, settings.database)
        app.state.writer = Writer(engine, settings.database, hub)
        app.state.readers = Readers(reader_engine(settings.database), settings.readers)
        try:
            yield
        finally:
            hub.close()
            app.state.readers.stop()
            await app.state.writer.stop()
