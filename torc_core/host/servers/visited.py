"""Servers that the user has visited or named; without passwords and tokens."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from torc_core.client import Address
from torc_core.host.directories import state_directory
from torc_core.host.files.json_file import change_record, read_record

_FILE = "servers.json"
_KEPT = 50
"""How many are kept."""


class VisitedServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server, as the user calls it."""

    name: str
    url: str
    user: str | None = None


class _Visited(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of the file."""

    servers: tuple[VisitedServer, ...] = ()


def visited_servers() -> tuple[VisitedServer, ...]:
    """Return them, the latest first."""
    record = read_record(state_directory() / _FILE, _Visited)
    return () if record is None else record.servers


def remember_server(name: str, url: str, user: str | None = None) -> VisitedServer:
    """Note a server; one of the same name is replaced. A password in the URL is left out.

    Raises:
        OSError: It cannot be noted.
    """
    address = Address(url)
    in_url, _ = address.user_and_password
    new = VisitedServer(name=name, url=address.without_user, user=user or in_url)
    _change(lambda others: (new, *others[: _KEPT - 1]), name)
    return new


def forget_server(name: str) -> None:
    """Delete a server from the list.

    Raises:
        OSError: It cannot be deleted.
    """
    _change(lambda others: others, name)


def _change(
    edit: Callable[[tuple[VisitedServer, ...]], tuple[VisitedServer, ...]], name: str
) -> None:
    """Write what is made of all servers but the one of a name."""

    def change(record: _Visited | None) -> _Visited:
        known = record.servers if record else ()
        return _Visited(servers=edit(tuple(each for each in known if each.name != name)))

    change_record(state_directory() / _FILE, _Visited, change)
