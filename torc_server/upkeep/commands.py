"""`torc-server backup`, `check`, `copy` and `vacuum`. Heavy imports wait for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torc_core.clock import SystemClock
from torc_core.errors import MachineError, NotFoundError, UsageError
from torc_core.units import counted, format_bytes
from torc_server.options import DATABASE, database_option, load
from torc_server.settings import database_address

if TYPE_CHECKING:
    from torc_server.storage.database import Database
    from torc_server.storage.sqlite.database import SQLiteDatabase


@click.command()
@database_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def backup(*, database: str | None, file: Path, force: bool) -> None:
    """Copy the database to FILE, and check the copy.

    A server may use the database meanwhile. To restore it, stop the server, remove the database and
    its -wal file, and put a copy of FILE in its place.
    """
    from torc_server.upkeep.backup import back_up  # noqa: PLC0415 - start-up time of --help

    with _opened_file(database) as opened:
        made = back_up(opened, file, replaces=force)
    workflows = counted(made.num_workflows, "workflow")
    click.echo(f"Backed up {workflows} to {made.file} ({format_bytes(made.num_bytes)}).")


@click.command()
@database_option
@click.option(
    "--repair",
    "repairs",
    is_flag=True,
    help="Correct what can be: counters of dependencies. Servers have to be stopped.",
)
def check(*, database: str | None, repairs: bool) -> None:
    """Say what is wrong with the database.

    All of it is read, also while servers use it. Exits with 9 if anything is wrong and is not
    repaired.
    """
    from torc_server.storage.migrations import (  # noqa: PLC0415 - start-up time of --help
        check_is_present,
    )
    from torc_server.upkeep.check import check as find  # noqa: PLC0415 - likewise
    from torc_server.upkeep.check import repair  # noqa: PLC0415 - likewise

    with _opened(database) as opened, opened.exclusive() if repairs else nullcontext():
        with opened.reader_engine().connect() as connection:
            if repairs:
                check_is_present(connection, opened)
            found = find(connection, opened)
        for problem in found.problems:
            click.echo(problem)
        if found.damage:
            raise MachineError(
                f"The database {opened.name} is damaged.",
                hint="Stop the server and restore a backup.",
            )
        if found.miscounted and not repairs:
            raise MachineError(
                f"The database {opened.name} is whole, but its counters are wrong.",
                hint="Stop the server and repair them: torc-server check --repair",
            )
        if found.miscounted:
            with opened.writer_engine().begin() as connection:
                now_ms = opened.sharing.moment(connection, SystemClock().wall_ms())
                for workflow_id, number in found.miscounted.items():
                    repair(connection, workflow_id, number, now_ms=now_ms)
            click.echo("They were corrected, with an event in each workflow.")
            return
        workflows, jobs = counted(found.num_workflows, "workflow"), counted(found.num_jobs, "job")
        click.echo(f"The database {opened.name} is in order: {workflows}, {jobs}.")


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(*, source: str, target: str) -> None:
    """Copy all that is in the database FROM into TO, a new one.

    Each is named as by --database: a file, or postgresql://USER@HOST/NAME. No server may use them.
    """
    from torc_server.storage.database import open_database  # noqa: PLC0415 - start-up of --help
    from torc_server.upkeep.copying import copy as copy_all  # noqa: PLC0415 - likewise

    addresses = [database_address(given) for given in (source, target)]
    if isinstance(addresses[0], Path) and not addresses[0].is_file():
        raise NotFoundError(f"There is no database {addresses[0]}.", hint="Name its file.")
    if addresses[0] == addresses[1]:
        raise UsageError("FROM and TO are the same database.", hint="Name a new one as TO.")
    opened, copied_to = map(open_database, addresses)
    opened.create()
    copied = copy_all(opened, copied_to)
    workflows, jobs = counted(copied.num_workflows, "workflow"), counted(copied.num_jobs, "job")
    rows = counted(copied.num_rows, "row")
    click.echo(f"Copied {workflows} with {jobs} to {copied_to.name}: {rows}.")


@click.command()
@database_option
def vacuum(*, database: str | None) -> None:
    """Give the space of what was deleted back to the disk.

    The server has to be stopped. Until it is done the disk has to hold the database twice.
    """
    from torc_server.storage.sqlite.upkeep import compact  # noqa: PLC0415 - start-up time of --help

    with _opened_file(database) as opened, opened.exclusive():
        before = opened.path.stat().st_size
        compact(opened)
        after = opened.path.stat().st_size
    click.echo(
        f"The database {opened.name} has {format_bytes(after)}; before, {format_bytes(before)}."
    )


@contextmanager
def _opened(given: str | None) -> Iterator[Database]:
    """Yield the database that is meant; what its driver says becomes an error of the machine."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - start-up time of --help

    from torc_server.storage.database import open_database  # noqa: PLC0415 - likewise
    from torc_server.storage.migrations import check_version  # noqa: PLC0415 - likewise

    address = _address(given)
    database = open_database(address)
    if isinstance(address, str):
        database.create()
    elif not address.is_file():
        raise NotFoundError(
            f"There is no database {database.name}.", hint="Name its file with --database."
        )
    try:
        with database.reader_engine().connect() as connection:
            if not check_version(connection, database) and isinstance(address, str):
                raise NotFoundError(
                    f"The database {database.name} is empty.",
                    hint="Start torc-server on it once, or name another one with --database.",
                )
        yield database
    except DBAPIError as error:
        raise database.explain(error) or database.unusable(error) from error


@contextmanager
def _opened_file(given: str | None) -> Iterator[SQLiteDatabase]:
    """Yield the database that is meant, which is a file."""
    from torc_server.storage.sqlite.database import (  # noqa: PLC0415 - start-up time of --help
        SQLiteDatabase,
    )

    if isinstance(_address(given), str):
        raise UsageError(
            "The server's database is PostgreSQL's, which has its own programs for this.",
            hint="Use pg_dump for backups; or copy it into a file: torc-server copy.",
        )
    with _opened(given) as database:
        assert isinstance(database, SQLiteDatabase)
        yield database


def _address(given: str | None) -> Path | str:
    table = load({DATABASE: given}, only_options=False).check().server
    return database_address(table.database)
