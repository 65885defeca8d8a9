"""`torc ping`."""

from __future__ import annotations

from torc_core.errors import UnreachableError
from torc_core.host.connect import connect_running
from torc_tui.cli.command import command
from torc_tui.cli.context import pass_settings
from torc_tui.cli.settings import Settings


@command(examples=["torc ping", "torc ping --url http://server:8080/torc-service/v1"])
@pass_settings
def ping(settings: Settings) -> None:
    """Check whether the server answers; the embedded server is not started for that."""
    client = connect_running(settings.choice)
    if client is None:
        raise UnreachableError(
            "The embedded server is not running.",
            hint="It is started by the first command that needs it, such as `torc run`.",
        )
    client.ping()
    settings.output.message(
        f"The server at {client.url} is running.", {"status": "Server is running"}
    )
