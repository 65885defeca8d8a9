"""`torc server`: the embedded server."""

from __future__ import annotations

import click

from torc_core.host.addresses import LOOPBACK
from torc_core.host.embedded_server import open_server, running_server
from torc_core.host.servers.place import place_of
from torc_core.operations.servers import propose_start_server, propose_stop_server
from torc_tui.cli.command import group
from torc_tui.cli.options.server_place import database_option, port_option
from torc_tui.cli.options.texts import HOST
from torc_tui.cli.settings import Settings, pass_settings


@group()
def server() -> None:
    """The servers that torc starts: the embedded one by itself, others for a database."""


@server.command(examples=["torc server status", "torc server status --database study.db"])
@database_option
@pass_settings
def status(settings: Settings, *, database: str | None) -> None:
    """Show whether a server is running, and where its files are."""
    place = place_of(database)
    found = running_server(place)
    settings.output.record(
        {
            "running": found is not None,
            "pid": found.process.pid if found else None,
            "url": found.address.url if found else None,
            "outside_url": found.access.url if found and found.host else None,
            "database": str(place.database),
            "log": str(place.log),
        }
    )


@server.command(
    examples=[
        "torc server start",
        "torc server start --host 10.0.0.5",
        "torc server start --database study.db --port 8090",
    ]
)
@database_option
@port_option
@click.option(
    "--host",
    type=HOST,
    metavar="HOST",
    help="Listen on this address of this machine, too, so that others reach it; `localhost` "
    "for this machine alone. It stays so.",
)
@pass_settings
def start(settings: Settings, *, database: str | None, port: int | None, host: str | None) -> None:
    """Start a server, unless it is running: the embedded one, or that of a database."""
    place = place_of(database, port)
    started = settings.carry_out(propose_start_server(place), ask=False)
    answer = {"status": "running", "url": started.url}
    if host is None:
        settings.output.message(started.sentence, answer)
        return
    opened = open_server(None if host in {LOOPBACK, "localhost"} else host, place)
    settings.output.message(
        f"The server is running at {opened.access.url}.",
        answer | {"url": opened.address.url, "outside_url": opened.access.url},
    )


@server.command(examples=["torc server stop", "torc server stop --database study.db"])
@database_option
@pass_settings
def stop(settings: Settings, *, database: str | None) -> None:
    """Stop a server. Runs continue, and report when it is back."""
    stopped = settings.carry_out(propose_stop_server(place_of(database)), ask=False)
    settings.output.message(
        stopped.sentence, {"status": "stopped", "was_running": stopped.was_running}
    )
