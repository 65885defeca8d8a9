"""Whose page has a browser send a request.

A browser sends requests to this machine for any page. That shows in the headers `Origin` and
`Sec-Fetch-Site`, which a page can neither leave out nor change; programs send neither. Sources:
Fetch Standard, section 3.1; Fetch Metadata Request Headers, section 2.
"""

from __future__ import annotations

from torc_core.browsers.hosts import Hosts

_OWN_SITES = frozenset({"none", "same-origin"})
"""Of `Sec-Fetch-Site`: an address that a person typed, and a page of this server."""


def foreign_page(origin: str | None, site: str | None, host: str, hosts: Hosts) -> str | None:
    """Return which page of another server sends a request, as a sentence has it; None if none does.

    Args:
        origin: The header `Origin`.
        site: The header `Sec-Fetch-Site`.
        host: The header `Host`.
        hosts: The names of this server.
    """
    of_origin = (origin or "").partition("://")[2].lower()
    is_own = of_origin != "" and (of_origin == host.lower() or hosts.is_proxy(of_origin))
    if origin is not None and not is_own:
        return f"A page of {origin}" if of_origin else "A web page"
    if site is not None and site.lower() not in _OWN_SITES:
        return "A web page of another server"
    return None
