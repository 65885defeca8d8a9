"""Who may use the pages: a browser that has shown the token, on behalf of their own pages alone.

The token comes once, in the address that the user opens; from then on a cookie stands for it. A
page of another server can send neither (`SameSite`), and shows in the headers of its requests. An
owner of a name that was pointed at this machine shows in the `Host`. Pure.
"""

from __future__ import annotations

import secrets
from enum import Enum, auto
from hmac import compare_digest
from typing import NamedTuple

from torc_core.browsers.hosts import Hosts
from torc_core.browsers.origins import foreign_page

_READING = frozenset({"GET", "HEAD"})


class Asked(NamedTuple):
    """What counts of a request; a header that is missing is None."""

    method: str
    host: str
    origin: str | None = None
    site: str | None = None
    """Of `Sec-Fetch-Site`."""
    mode: str | None = None
    """Of `Sec-Fetch-Mode`."""
    token: str | None = None
    """Of the query, or of the form that asks for it."""
    cookie: str | None = None
    is_public: bool = False
    """It asks for what every browser may have: styles and scripts."""
    is_socket: bool = False


class Verdict(Enum):
    """How a request is handled."""

    SERVE = auto()
    SIGN_IN = auto()
    """It has the token: the browser gets the cookie."""
    ASK = auto()
    """It has no token."""
    WRONG = auto()
    """Its token is another one."""
    FOREIGN = auto()
    """A page of another server sent it."""
    MISDIRECTED = auto()
    """It is for a host that is not this machine."""


class Guard:
    """Decides how requests are handled.

    Args:
        token: What opens the pages.
        hosts: The names under which they may be asked for.
    """

    def __init__(self, token: str, hosts: Hosts) -> None:
        self._token = token
        self._hosts = hosts
        self.session = secrets.token_urlsafe(32)
        """The value of the cookie; it is another one after a restart."""

    def judge(self, asked: Asked) -> Verdict:
        """Return how to handle a request."""
        if not self._hosts.has(asked.host):
            return Verdict.MISDIRECTED
        if self._is_foreign(asked):
            return Verdict.FOREIGN
        if asked.token is not None:
            return Verdict.SIGN_IN if _are_equal(asked.token, self._token) else Verdict.WRONG
        if asked.is_public or _are_equal(asked.cookie or "", self.session):
            return Verdict.SERVE
        return Verdict.ASK

    def _is_foreign(self, asked: Asked) -> bool:
        is_change = asked.is_socket or asked.method not in _READING
        if is_change and asked.origin is None:
            return True  # browsers name the origin of these; nothing else has to send them
        # A link on another page may lead here: what it leads to is read by the user alone.
        is_link = asked.mode == "navigate" and not is_change and asked.origin is None
        site = None if is_link else asked.site
        return foreign_page(asked.origin, site, asked.host, self._hosts) is not None


def _are_equal(given: str, right: str) -> bool:
    return compare_digest(given.encode("utf-8", "replace"), right.encode())
