"""Whom a request comes from: a program, or a web page that a browser was made to load.

A browser sends requests to this machine for any page, and runs its scripts with answers from any
name that the page's owner points here (DNS rebinding). Both show: in the headers `Origin` and
`Sec-Fetch-Site`, which a page can neither leave out nor change, and in a `Host` that is not one of
ours. Programs send neither header, and the host that they were given. Sources: Fetch Standard,
section 3.1; Fetch Metadata Request Headers, section 2; RFC 9110, sections 7.2 and 15.5.20.
"""

from __future__ import annotations

import asyncio
import socket

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from torc_core.browsers.hosts import Hosts
from torc_core.browsers.origins import foreign_page
from torc_core.errors import AccessError
from torc_server.errors import MisdirectedError


def check_origin(origin: str | None, site: str | None, host: str, hosts: Hosts) -> None:
    """Check that no page of another server sends a request.

    Args:
        origin: The header `Origin`.
        site: The header `Sec-Fetch-Site`.
        host: The header `Host`.
        hosts: The names of this server.

    Raises:
        AccessError: One does.
    """
    whose = foreign_page(origin, site, host, hosts)
    if whose is None:
        return
    raise AccessError(
        f"{whose} sent this request; this server serves programs.",
        hint="Behind a reverse proxy, name it with --allowed-host when the server is started.",
    )


class OriginMiddleware(ASGIMiddleware):
    """Refuses what web pages send, before anything else of a request is looked at."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._full_name: asyncio.Task[str] | None = None

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request of a program on.

        Raises:
            AccessError: A page of another server sent it.
            MisdirectedError: It is for a host that is not this server.
        """
        found: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _LOOKED_AT:
                text = value.decode("latin-1").strip()
                found[name] = f"{found[name]}, {text}" if name in found else text
        host = found.get(b"host", "")  # a program of HTTP/1.0 may send none; a browser always does
        if host and not self._hosts.has(host) and not await self._is_full_name(host):
            raise MisdirectedError(
                f"This server is not {host!r}.",
                hint="If that is its name, start it with --allowed-host NAME.",
            )
        check_origin(found.get(b"origin"), found.get(b"sec-fetch-site"), host, self._hosts)
        await next_app(scope, receive, send)

    async def _is_full_name(self, host: str) -> bool:
        """Return whether it is this machine's name with its domain, which may take a while."""
        if self._full_name is None:
            self._full_name = asyncio.create_task(asyncio.to_thread(_find_full_name))
        self._hosts.add(await asyncio.shield(self._full_name))
        return self._hosts.has(host)


def _find_full_name() -> str:
    try:
        return socket.getfqdn()
    except UnicodeError:  # a name that DNS cannot have
        return socket.gethostname()


_LOOKED_AT = frozenset({b"host", b"origin", b"sec-fetch-site"})
