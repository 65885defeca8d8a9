"""`torc server`: the server that torc starts by itself."""

from __future__ import annotations

import click

from torc_core.host.embedded_server import (
    database_path,
    ensure_server,
    log_path,
    running_server,
    stop_server,
)
from torc_tui.cli.context import Settings, pass_settings


@click.group()
def server() -> None:
    """The server that torc starts by itself, one per user and machine."""


@server.command()
@pass_settings
def status(settings: Settings) -> None:
    """Show whether it runs, and where its files are."""
    found = running_server()
    settings.output.record(
        {
            "running": found is not None,
            "pid": found.process.pid if found else None,
            "url": found.address.url if found else None,
            "database": str(database_path()),
            "log": str(log_path()),
        }
    )


@server.command()
@pass_settings
def start(settings: Settings) -> None:
    """Start it, if it does not run."""
    url = ensure_server().url
    settings.output.message(f"The server runs at {url}.", {"status": "running", "url": url})


@server.command()
@pass_settings
def stop(settings: Settings) -> None:
    """Stop it. Runs go on and report when it is back."""
    was_running = stop_server()
    settings.output.message(
        "The server has stopped." if was_running else "The server was not running.",
        {"status": "stopped", "was_running": was_running},
    )
