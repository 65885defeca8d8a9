"""Which server to connect to: the one that was named, or the embedded one.

What starts servers is imported for those of our own only: it takes as long as all the rest.
"""

from __future__ import annotations

from typing import NamedTuple

from torc_core.client import Address, TorcClient
from torc_core.errors import ReplyTimeoutError, TransportError
from torc_core.host.servers.place import ServerPlace, own_place

CONFIGURED_TIMEOUT_S = 3.0


class Choice(NamedTuple):
    """Which server to use; the first that is given wins."""

    url: str | None = None
    """Named on the command line or by the environment: this one or none."""
    configured_url: str | None = None
    """Named in a configuration file: used if it answers."""
    standalone: bool = False
    """The embedded one, even if another one is named."""
    place: ServerPlace | None = None
    """A server that torc starts with this database and port, even if another one is named."""
    user: str | None = None
    password: str | None = None
    token: str | None = None
    """The token of the server at `url`."""
    name: str = ""
    """What the user calls the server."""


class Connection(NamedTuple):
    """A client, and whether its server is the embedded one."""

    client: TorcClient
    is_embedded: bool
    place: ServerPlace | None = None
    """Where the server keeps its files, if torc has started it on purpose."""


def connect(choice: Choice) -> Connection:
    """Return a client of the chosen server; the embedded one is started if need be.

    Raises:
        ConflictError: A server runs at another port than was asked for.
        MachineError: The embedded server does not start.
    """
    if choice.place is not None:
        return connect_place(choice.place)
    if not choice.standalone:
        if choice.url is not None:
            return Connection(_named(choice, choice.url), is_embedded=False)
        if choice.configured_url is not None and _answers(choice):
            return Connection(_named(choice, choice.configured_url), is_embedded=False)
    return connect_place(own_place())


def connect_place(place: ServerPlace) -> Connection:
    """Return a client of the server at a place; it is started if need be.

    Only the embedded one is started again whenever it is needed.

    Raises:
        ConflictError: It runs at another port.
        MachineError: It does not start.
    """
    from torc_core.host.embedded_server import ensure_server  # noqa: PLC0415 - not for others

    address = ensure_server(place)
    if place.is_own:
        return Connection(embedded_client(address), is_embedded=True)
    client = TorcClient(address.url, token=address.token)
    return Connection(client, is_embedded=False, place=place)


def connect_running(choice: Choice, timeout_s: float = 30.0) -> TorcClient | None:
    """Return a client of the chosen server, or None if that is the embedded one and not running.

    Nothing is started, and nothing is sent yet.
    """
    url = None if choice.standalone else choice.url or choice.configured_url
    if url is not None:
        return _named(choice, url, timeout_s=timeout_s)
    from torc_core.host.embedded_server import running_server  # noqa: PLC0415 - not for others

    server = running_server()
    if server is None:
        return None
    return TorcClient(server.address.url, token=server.address.token, timeout_s=timeout_s)


def embedded_client(address: Address) -> TorcClient:
    """Return a client that locates the embedded server when it does not answer.

    It starts it again, too, but not when a user has stopped it.
    """
    from torc_core.host.embedded_server import find_server  # noqa: PLC0415 - not for others

    return TorcClient(address.url, token=address.token, locate=find_server)


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
