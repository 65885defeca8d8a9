"""The list of the servers that a user can go to; it comes from this machine, not from a server."""

from __future__ import annotations

from operator import attrgetter

from torc_core.config.servers import NamedServer
from torc_core.model.page import Page
from torc_core.operations.known_servers import KnownServer, known_servers
from torc_tui.lists.listing import Column, Listing


def _page(configured: dict[str, NamedServer]) -> Page[KnownServer]:
    servers = known_servers(configured)
    return Page(items=servers, total_count=len(servers))


SERVERS = Listing(
    name="Servers",
    columns=(
        Column("Name", attrgetter("name"), max_width=30),
        Column("Address", attrgetter("url"), max_width=60),
        Column("User", attrgetter("user"), rank=2),
        Column("Known from", attrgetter("origin"), rank=1),
    ),
    page=lambda configured, *_, **__: _page(configured),
    key=lambda server: (server.origin, server.name),
)
