"""Who is at the other end of a connection, for limits and turns."""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from functools import lru_cache

requester: ContextVar[str] = ContextVar("requester", default="")
"""On whose behalf a request is carried out: its user, or its peer where no one logs in."""

_USER = "user "
_IPV6_NETWORK = 64
"""A host with IPv6 has a network of its own, and may take any of its addresses."""


def log_in(user: str) -> None:
    """Note that a request is carried out on behalf of a user, whose password was right."""
    requester.set(_USER + user)


def user_of_request() -> str:
    """Return the user on whose behalf a request is carried out; nothing if no one logged in."""
    on_behalf = requester.get()
    return on_behalf.removeprefix(_USER) if on_behalf.startswith(_USER) else ""


@lru_cache(maxsize=4096)
def peer_of(address: str) -> str:
    """Return the peer that limits count an address as: itself, or the network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
