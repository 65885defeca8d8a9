"""`torc server`: the embedded server."""

from __future__ import annotations

import click

from torc_core.host.addresses import LOOPBACK
from torc_core.host.embedded_server import (
    database_path,
    ensure_server,
    log_path,
    open_server,
    running_server,
    stop_server,
)
from torc_tui.cli.command import group
from torc_tui.cli.options.texts import HOST
from torc_tui.cli.settings import Settings, pass_settings


@group()
def server() -> None:
    """The embedded server, which torc starts by itself: one per user and machine."""


@server.command(examples=["torc server status"])
@pass_settings
def status(settings: Settings) -> None:
    """Show whether the embedded server is running, and where its files are."""
    found = running_server()
    settings.output.record(
        {
            "running": found is not None,
            "pid": found.process.pid if found else None,
            "url": found.address.url if found else None,
            "outside_url": found.access.url if found and found.host else None,
            "database": str(database_path()),
            "log": str(log_path()),
        }
    )


@server.command(examples=["torc server start", "torc server start --host 10.0.0.5"])
@click.option(
    "--host",
    type=HOST,
    metavar="HOST",
    help="Listen on this address of this machine, too, so that others reach it; `localhost` "
    "for this machine alone. It stays so.",
)
@pass_settings
def start(settings: Settings, *, host: str | None) -> None:
    """Start the embedded server, unless it is running."""
    url = ensure_server().url
    answer = {"status": "running", "url": url}
    if host is None:
        settings.output.message(f"The server is running at {url}.", answer)
        return
    opened = open_server(None if host in {LOOPBACK, "localhost"} else host)
    settings.output.message(
        f"The server is running at {opened.access.url}.",
        answer | {"url": opened.address.url, "outside_url": opened.access.url},
    )


@server.command(examples=["torc server stop"])
@pass_settings
def stop(settings: Settings) -> None:
    """Stop the embedded server. Runs continue, and report when it is back."""
    was_running = stop_server()
    settings.output.message(
        "The server was stopped." if was_running else "The server was not running.",
        {"status": "stopped", "was_running": was_running},
    )
