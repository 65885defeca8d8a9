"""The server as compute nodes reach it; the embedded one is opened for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from torc_core.client import Address, TorcClient
from torc_core.errors import UsageError
from torc_core.host.access_file import ServerAccess
from torc_core.host.connect import Connection
from torc_core.host.embedded_server import (
    EmbeddedServer,
    ensure_server,
    open_server,
    running_server,
)
from torc_core.host.reachable_address import Host, check_host, find_host, nodes_are_here

Nodes = Callable[[], Iterable[str]]
"""Returns names or addresses of the nodes that may run workers."""


class NodeAddress(NamedTuple):
    """How compute nodes reach the server."""

    access: ServerAccess
    sentence: str
    """Where they do, for people: without a secret."""
    host: str | None = None
    """Where the embedded server has to listen for that, too; None: it is as it has to be."""

    @property
    def url(self) -> str:
        """The server's address, for nodes; without a secret."""
        return self.access.url


def find_node_address(
    connection: Connection, nodes: Nodes, server_host: str | None = None
) -> NodeAddress:
    """Return how compute nodes will reach the server; nothing is changed.

    Args:
        connection: The server.
        nodes: The nodes; Slurm is asked for them only if that is needed.
        server_host: The name or address of this machine that they reach, if a user has named one.

    Raises:
        MachineError: No address is known that they reach, or Slurm does not name them.
        UsageError: The server is reached from this machine alone, and they are others.
    """
    embedded = _embedded(connection)
    if embedded is None:
        return _named(connection.client, nodes)
    if server_host is not None:
        host = check_host(server_host, nodes)
    elif embedded.host is not None:
        host = Host(embedded.host, "where it listens already")
    else:
        host = find_host(nodes)
    if host.is_here:
        local = msgspec.structs.replace(embedded, host=None).access
        return NodeAddress(local, _sentence(local, host.why))
    is_open = embedded.host == host.name
    opened = embedded if is_open else _opened(embedded, host.name)
    return NodeAddress(
        opened.access, _sentence(opened.access, host.why), None if is_open else host.name
    )


def address_for_nodes(
    connection: Connection, nodes: Nodes, server_host: str | None = None
) -> NodeAddress:
    """Return how compute nodes reach the server, as `find_node_address` does.

    The embedded server is opened for them if need be: it is started again and then listens on the
    address that they reach, too, behind its token. Its clients on this machine find it again.

    Raises:
        MachineError: As there; or the embedded server cannot listen on that address.
        TimedOutError: It does not start or exit in time.
        UsageError: As there.
    """
    found = find_node_address(connection, nodes, server_host)
    if found.host is None:
        return found
    access = open_server(found.host).access
    if access.url == found.url:
        return found._replace(host=None)
    why = f"port {urlsplit(found.url).port} is taken there"
    return NodeAddress(access, _sentence(access, why))


def _embedded(connection: Connection) -> EmbeddedServer | None:
    """Return the embedded server, if it is meant: jobs of a run have it named by its address."""
    client = connection.client
    if connection.is_embedded:
        ensure_server()
    server = running_server()
    if server is None or connection.is_embedded:
        return server
    is_it = Address(client.url).is_loopback and urlsplit(client.url).port == server.port
    return server if is_it else None


def _opened(server: EmbeddedServer, host: str) -> EmbeddedServer:
    """Return the server as it will be, unless its port is taken there."""
    return msgspec.structs.replace(server, host=host, outside_port=server.port)


def _named(client: TorcClient, nodes: Nodes) -> NodeAddress:
    address = Address(client.url, client.token)
    user, password = address.user_and_password
    if password is None:
        user, password = client.user, client.password
    url = address.without_user
    if address.is_loopback and not nodes_are_here(nodes):
        raise UsageError(
            f"Compute nodes do not reach the server at {url}: that is an address of this machine "
            "alone.",
            hint="Start it on an address that they reach (torc-server run --host ADDRESS "
            "--token-file FILE) and name that with --url; or leave out --url and TORC_API_URL to "
            "use the one that torc starts for you.",
        )
    access = ServerAccess(
        url=url,
        token=address.token,
        user=None if password is None else user,
        password=password,
    )
    return NodeAddress(access, _sentence(access, "as named"))


def _sentence(access: ServerAccess, why: str) -> str:
    return f"Compute nodes reach the server at {access.url} ({why})."
