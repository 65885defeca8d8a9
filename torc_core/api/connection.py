"""The client that a Python program works with."""

from __future__ import annotations

import os

from torc_core.client import TorcClient
from torc_core.config.sources import load_settings
from torc_core.host.connect import Choice, connect
from torc_core.host.user import user_name


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
    settings = load_settings()
    choice = Choice(
        url=url or os.environ.get("TORC_API_URL") or None,
        configured_url=settings.api_url,
        user=username or settings.username or user_name(),
        password=password or os.environ.get("TORC_PASSWORD") or None,
        token=token or os.environ.get("TORC_TOKEN"),
    )
    return connect(choice).client
