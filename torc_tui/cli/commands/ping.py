"""`torc ping`."""

from __future__ import annotations

from torc_core.errors import TorcError, UnreachableError
from torc_core.host.connect import Choice, connect_running
from torc_tui.cli.command import command
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc ping", "torc ping --url http://server:8080/torc-service/v1"])
@pass_settings
def ping(settings: Settings) -> None:
    """Check whether the server answers; the embedded server is not started for that."""
    try:
        url = _ping(settings.choice)
    except TorcError as error:
        settings.output.data({"status": "error", "message": error.message})
        raise
    settings.output.message(f"The server at {url} is running.", {"status": "Server is running"})


def _ping(choice: Choice) -> str:
    client = connect_running(choice)
    if client is None:
        raise UnreachableError(
            "The embedded server is not running.",
            hint="It is started by the first command that needs it, such as `torc run`.",
        )
    client.ping()
    return client.url
