"""`torc ping`."""

from __future__ import annotations

from torc_core.errors import UnreachableError
from torc_core.host.connect import embedded_client
from torc_core.host.embedded_server import running_server
from torc_tui.cli.command import command
from torc_tui.cli.context import pass_settings
from torc_tui.cli.settings import Settings


@command()
@pass_settings
def ping(settings: Settings) -> None:
    """Check whether the server answers; the embedded server is not started for that."""
    choice = settings.choice
    if choice.standalone or (choice.url is None and choice.configured_url is None):
        server = running_server()
        if server is None:
            raise UnreachableError(
                "The embedded server is not running.",
                hint="It is started by the first command that needs it, such as `torc run`.",
            )
        client = embedded_client(server.address)
    else:
        client = settings.client
    client.ping()
    settings.output.message(
        f"The server at {client.url} is running.", {"status": "Server is running"}
    )
