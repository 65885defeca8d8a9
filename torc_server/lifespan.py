"""What lives as long as the server: the lock, the schema, the writer and the readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from sqlalchemy.exc import DBAPIError

from torc_core.clock import SystemClock
from torc_server.background.damage import look_for_damage
from torc_server.background.housekeeping import (
    FORGETS_EVERY_S,
    GIVES_BACK_EVERY_S,
    do_in_slices,
    keep_house,
    period_s,
)
from torc_server.background.large_work import LargeWork
from torc_server.background.retention import EVERY_S, Pruning
from torc_server.background.task_runner import Background
from torc_server.controllers.event_feed import EventFeeds
from torc_server.settings import Retention, ServerSettings
from torc_server.storage.database import Database, open_database
from torc_server.storage.migrations import check_version, migrate
from torc_server.storage.notify import Changes, Notifier
from torc_server.storage.readers import Readers
from torc_server.storage.repeats.answers import forget_answers
from torc_server.storage.writer import Writer

LEFT = "the work of servers that are gone could not be taken over"


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the database, serve, and close in reverse.

    Raises:
        ConflictError: Another server has the database, or its schema is newer.
        MachineError: The database cannot be opened.
    """
    settings: ServerSettings = app.state.settings
    notifier: Notifier = app.state.notifier
    database = open_database(settings.database)
    clock = SystemClock()
    database.create()
    with database.serving():
        was_left_open = database.was_left_open
        _prepare(database)
        app.state.writer = Writer(database, notifier, clock=clock)
        app.state.readers = Readers(database, settings.readers)
        app.state.feeds = EventFeeds(app.state.readers, notifier)
        app.state.background = Background(database, app.state.writer, app.state.readers)
        app.state.large_work = LargeWork(database, app.state.writer, app.state.readers)
        take_over = partial(app.state.large_work.take_over, app.state.background.has)
        await take_over()
        keeping = keep_house(database, app.state.writer, clock, settings.timers)
        tasks = [
            asyncio.create_task(keeping),
            # On its own: other upkeep may wait for work that has to be taken over.
            asyncio.create_task(do_in_slices(take_over, period_s(settings.timers), LEFT)),
            *map(asyncio.create_task, _upkeep(app, database)),
        ]
        if was_left_open:
            looking = look_for_damage(database, app.state.readers, app.state.writer)
            tasks.append(asyncio.create_task(looking))
        try:
            with database.sharing.listen(partial(_tell, asyncio.get_running_loop(), app.state)):
                yield
        finally:
            for task in tasks:
                task.cancel()
            app.state.background.stop()
            app.state.large_work.stop()
            notifier.close()
            app.state.readers.stop()
            await app.state.writer.stop()


def _upkeep(app: Litestar, database: Database) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what is done again and again, in slices."""
    writer: Writer = app.state.writer
    policy: Retention = app.state.settings.retention
    forgets = partial(writer.run_timed, forget_answers)
    yield do_in_slices(forgets, FORGETS_EVERY_S, "old replies could not be forgotten")
    gives = partial(writer.run, database.give_back)
    yield do_in_slices(gives, GIVES_BACK_EVERY_S, "free pages could not be returned to the disk")
    if policy.deletes:
        pruning = Pruning(database, writer, app.state.readers, app.state.large_work, policy)
        yield do_in_slices(pruning.prune, EVERY_S, "what is old could not be deleted")


def _prepare(database: Database) -> None:
    """Upgrade the schema; a foreign database is not touched."""
    try:
        with database.reader_engine().connect() as connection:
            version = check_version(connection, database)
        with database.writer_engine().connect() as connection:
            migrate(connection, database, version)
    except DBAPIError as error:
        raise database.unusable(error) from error


def _tell(loop: asyncio.AbstractEventLoop, state: State, changes: Changes | None) -> None:
    """Have those who wait hear, in their loop, of changes by other servers."""
    loop.call_soon_threadsafe(state.notifier.hear, changes)
    loop.call_soon_threadsafe(state.writer.look_again, changes)
