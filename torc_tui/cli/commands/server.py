"""`torc server`: the embedded server."""

from __future__ import annotations

from torc_core.host.embedded_server import (
    database_path,
    ensure_server,
    log_path,
    running_server,
    stop_server,
)
from torc_tui.cli.command import group
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
            "database": str(database_path()),
            "log": str(log_path()),
        }
    )


@server.command(examples=["torc server start"])
@pass_settings
def start(settings: Settings) -> None:
    """Start the embedded server, unless it is running."""
    url = ensure_server().url
    settings.output.message(f"The server is running at {url}.", {"status": "running", "url": url})


@server.command(examples=["torc server stop"])
@pass_settings
def stop(settings: Settings) -> None:
    """Stop the embedded server. Runs continue, and report when it is back."""
    was_running = stop_server()
    settings.output.message(
        "The server was stopped." if was_running else "The server was not running.",
        {"status": "stopped", "was_running": was_running},
    )
