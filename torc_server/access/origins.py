"""Whom a request comes from: a program, or a web page that a browser was made to load.

A browser sends requests to this machine for any page, and runs its scripts with answers from any
name that the page's owner points here (DNS rebinding). Both show: in the headers `Origin` and
`Sec-Fetch-Site`, which a page can neither leave out nor change, and in a `Host` that is not one of
ours. Programs send neither header, and the host that they were given. Sources: Fetch Standard,
section 3.1; Fetch Metadata Request Headers, section 2; RFC 9110, sections 7.2 and 15.5.20.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import lru_cache

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from torc_core.errors import AccessError, UsageError
from torc_server.errors import MisdirectedError

_OWN_SITES = frozenset({"none", "same-origin"})
"""Of `Sec-Fetch-Site`: an address that a person typed, and a page of this server."""


class Hosts:
    """The names under which a server may be asked.

    An IP address is always one: a page's owner can point a name at it and nothing else. So are the
    names of this machine, which no page's owner can point elsewhere.

    Args:
        own: Names of this machine.
        allowed: Further names, as a reverse proxy has them; `*.example.org` are all below one.

    Raises:
        UsageError: One of the further names is none.
    """

    def __init__(self, own: Iterable[str], allowed: Iterable[str] = ()) -> None:
        self._allowed: set[str] = set()
        self._suffixes: tuple[str, ...] = ()
        for given in allowed:
            name = _without_port(given.lower().removeprefix("*."))
            if not name:
                raise UsageError(
                    f"--allowed-host {given!r} is not a name of a host.",
                    hint="Give names without a scheme and a path: torc.example.org, *.example.org.",
                )
            if given.startswith("*."):
                self._suffixes += (f".{name}",)
            else:
                self._allowed.add(name)
        self._names = {"localhost"} | {name.lower().rstrip(".") for name in own} | self._allowed

    def has(self, host: str) -> bool:
        """Return whether a `Host` is one of these, with or without a port."""
        name = _without_port(host.lower())
        is_named = name in self._names or name.endswith((".localhost", *self._suffixes))
        return name != "" and (is_named or _is_address(name))

    def is_proxy(self, host: str) -> bool:
        """Return whether it is one of the further names."""
        name = _without_port(host.lower())
        return name in self._allowed or name.endswith(self._suffixes)

    def add(self, name: str) -> None:
        """Add a name of this machine."""
        self._names.add(name.lower().rstrip("."))


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
    of_origin = (origin or "").partition("://")[2].lower()
    is_own = of_origin != "" and (of_origin == host.lower() or hosts.is_proxy(of_origin))
    if origin is not None and not is_own:
        whose = f"A page of {origin}" if of_origin else "A web page"
    elif site is not None and site.lower() not in _OWN_SITES:
        whose = "A web page of another server"
    else:
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


_HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[\w.-]*))(?::[0-9]*)?", re.ASCII)
_LOOKED_AT = frozenset({b"host", b"origin", b"sec-fetch-site"})


@lru_cache(maxsize=64)
def _without_port(host: str) -> str:
    """Return a host without its port and brackets; empty if it is none."""
    match = _HOST.fullmatch(host)
    return (match["address"] or match["name"] or "").rstrip(".") if match else ""


@lru_cache(maxsize=64)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
