"""The servers that a user can go to by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torc_core.config.server_choice import OWN
from torc_core.config.servers import NamedServer
from torc_core.host.embedded_server import known_places, running_server
from torc_core.host.servers.place import ServerPlace
from torc_core.host.servers.visited import visited_servers


class KnownServer(NamedTuple):
    """A server with a name."""

    name: str
    url: str | None
    """None for a server of this machine that does not run."""
    user: str | None
    origin: str
    """Where it is known from."""
    place: ServerPlace | None = None
    """Where it keeps its files, if torc starts it on this machine."""
    may_be_forgotten: bool = False


def known_servers(configured: Mapping[str, NamedServer]) -> list[KnownServer]:
    """Return them: those of this machine, of the configuration, and those that were visited."""
    here = []
    for place in known_places():
        running = running_server(place)
        name = OWN if place.is_own else place.database.name
        origin = "this machine" if running else "this machine, stopped"
        here.append(
            KnownServer(name, running.address.url if running else None, None, origin, place)
        )
    of_files = [
        KnownServer(name, server.url, server.user, "configuration")
        for name, server in configured.items()
    ]
    visited = [
        KnownServer(each.name, each.url, each.user, "visited", may_be_forgotten=True)
        for each in visited_servers()
        if each.name not in configured
    ]
    return [*here, *of_files, *visited]
