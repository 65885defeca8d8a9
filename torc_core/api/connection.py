"""The client that a Python program works with."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.config.layers import Option
from torc_core.config.server_choice import server_choice
from torc_core.config.sources import Loaded
from torc_core.host.connect import connect


def make_api(
    url: str | None = None,
    *,
    username: str | None = None,
    password: str | None = None,
    token: str | None = None,
) -> TorcClient:
    """Return a client of a server.

    Args:
        url: Its address, such as `http://localhost:8080/torc-service/v1`. By default the server
            that the `torc` command uses here: TORC_API_URL, else the configured one, else the
            embedded server, which is started if need be. Inside a job that is the job's own.
        username: User name for Basic authentication, by default `$USER`.
        password: Password for Basic authentication, by default TORC_PASSWORD.
        token: The server's token, by default TORC_TOKEN.

    Raises:
        TorcError: The address or the configuration is wrong, or the embedded server does not start.
    """
    given = {"api_url": url, "username": username, "password": password, "token": token}
    options = [Option(("client", name), name, value) for name, value in given.items() if value]
    return connect(server_choice(Loaded("client", options=options))).client
