"""A server that the interface can go to: its name, and whether torc can start it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torc_core.client import TorcClient
from torc_core.errors import UnreachableError
from torc_core.host.connect import Connection, connect_place
from torc_core.host.servers.place import ServerPlace, own_place
from torc_tui.keys.in_words import keyed


@dataclass(frozen=True, slots=True)
class Destination:
    """A server to go to."""

    connect: Callable[[], Connection]
    """Makes the connection; called in a thread."""
    name: str = ""
    """What the user calls it; empty for its host and port."""
    user: str | None = None
    """Who the user is there; None for who they are here."""
    stopped: ServerPlace | None = None
    """The user has stopped it; it is started again on purpose, not because it is needed."""


def at_client(client: TorcClient, name: str = "", user: str | None = None) -> Destination:
    """Return the server of a client."""
    return Destination(lambda: Connection(client, is_embedded=False), name, user)


def at_place(place: ServerPlace) -> Destination:
    """Return a server that torc starts; going there starts it."""
    return Destination(lambda: connect_place(place))


def stopped_at(place: ServerPlace) -> Destination:
    """Return a server that was stopped; going there waits until something starts it."""

    def connect() -> Connection:
        from torc_core.host.embedded_server import running_server  # noqa: PLC0415 - not for others

        if running_server(place) is None:
            raise UnreachableError(
                "The server is stopped.", hint=keyed("Press {server.start} to start the server.")
            )
        return connect_place(place)

    return Destination(connect, stopped=place)


def place_of_connection(connection: Connection | None) -> ServerPlace | None:
    """Return where a server keeps its files, if torc has started it on this machine."""
    if connection is None:
        return None
    return own_place() if connection.is_embedded else connection.place


def name_of(destination: Destination, connection: Connection | None) -> str:
    """Return what a server is called; empty for its host and port.

    Args:
        destination: Where the interface goes.
        connection: Where it is, once there was a connection: a server that a file names may be
            replaced by torc's own.
    """
    if connection is not None and connection.is_embedded:
        return "own server"
    if connection is not None and connection.place is not None:
        return f"server of {connection.place.database.name}"
    return destination.name
