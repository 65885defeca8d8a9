"""Which server to connect to: the one that was named, or the embedded one."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.client import Address, TorcClient
from torc_core.errors import ReplyTimeoutError, TransportError
from torc_core.host import embedded_server

CONFIGURED_TIMEOUT_S = 3.0


class Choice(NamedTuple):
    """Which server to use; the first that is given wins."""

    url: str | None = None
    """Named on the command line or by the environment: this one or none."""
    configured_url: str | None = None
    """Named in a configuration file: used if it answers."""
    standalone: bool = False
    """The embedded one, even if another one is named."""
    user: str | None = None
    password: str | None = None
    token: str | None = None
    """The token of the server at `url`."""


class Connection(NamedTuple):
    """A client, and whether its server is the embedded one."""

    client: TorcClient
    is_embedded: bool


def connect(choice: Choice) -> Connection:
    """Return a client of the chosen server; the embedded one is started if need be.

    Raises:
        MachineError: The embedded server does not start.
    """
    if not choice.standalone:
        if choice.url is not None:
            return Connection(_named(choice, choice.url), is_embedded=False)
        if choice.configured_url is not None and _answers(choice):
            return Connection(_named(choice, choice.configured_url), is_embedded=False)
    return Connection(embedded_client(embedded_server.ensure_server()), is_embedded=True)


def connect_running(choice: Choice, timeout_s: float = 30.0) -> TorcClient | None:
    """Return a client of the chosen server, or None if that is the embedded one and not running.

    Nothing is started, and nothing is sent yet.
    """
    url = None if choice.standalone else choice.url or choice.configured_url
    if url is not None:
        return _named(choice, url, timeout_s=timeout_s)
    server = embedded_server.running_server()
    if server is None:
        return None
    return TorcClient(server.address.url, token=server.address.token, timeout_s=timeout_s)


def embedded_client(address: Address) -> TorcClient:
    """Return a client that locates or restarts the embedded server when it does not answer."""
    return TorcClient(address.url, token=address.token, locate=embedded_server.locate_server)


def _named(choice: Choice, url: str, timeout_s: float = 30.0) -> TorcClient:
    return TorcClient(
        url,
        user=choice.user,
        password=choice.password,
        token=choice.token,
        timeout_s=timeout_s,
    )


def _answers(choice: Choice) -> bool:
    assert choice.configured_url is not None
    try:
        _named(choice, choice.configured_url, timeout_s=CONFIGURED_TIMEOUT_S).ping()
    except ReplyTimeoutError:  # it is there, and busy: another server would hold other workflows
        raise
    except TransportError:
        return False
    return True
