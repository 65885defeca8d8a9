"""Where a server is reached: its URL, its token, and whether it is this machine."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from torc_core.errors import UsageError
from torc_core.service import BASE_PATH, DEFAULT_URL


class Address(NamedTuple):
    """Where a server listens, and its bearer token, if it has one."""

    url: str
    token: str | None = None
    is_direct: bool = False
    """Whether it is in the same network, so that no proxy is between."""

    @property
    def with_token(self) -> str:
        """The URL with the token in its path, see `TOKEN_IN_PATH`; it is as secret as the token."""
        if self.token is None:
            return self.url
        parts = urlsplit(self.url)
        return parts._replace(path=f"/token/{quote(self.token, safe='')}{parts.path}").geturl()

    @property
    def without_user(self) -> str:
        """The URL without a user and a password."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @property
    def user_and_password(self) -> tuple[str | None, str | None]:
        """The user and the password in the URL, as they are typed."""
        parts = urlsplit(self.url)
        user, password = (text and unquote(text) for text in (parts.username, parts.password))
        return user, password

    @property
    def is_https(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.startswith("https:")

    @property
    def is_loopback(self) -> bool:
        """Whether each machine reaches itself by it: localhost, or see `is_loopback`."""
        host = (urlsplit(self.url).hostname or "").removesuffix(".")
        return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def is_loopback(address: str) -> bool:
    """Return whether an IP address leads each machine to itself: 127.0.0.0/8, ::1, 0.0.0.0 or ::.

    Servers listen on all addresses by the last two; a client that connects to them stays at home.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a name
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    return parsed.is_loopback or parsed.is_unspecified


def check_address(address: Address) -> Address:
    """Return the address with the base path added if its URL has none.

    Raises:
        UsageError: The URL is not one of a server, or the token cannot be sent in a header.
    """
    if address.token is not None and not (address.token.isascii() and address.token.isprintable()):
        raise UsageError(
            "The token holds characters that no token has.",
            hint="Tokens are printable ASCII; look at TORC_TOKEN.",
        )
    return address._replace(url=_split(address.url).geturl())


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Of the URL itself: what is split has lost its line ends, and would be another host.
        is_web = parts.scheme in {"http", "https"} and url.strip().isprintable()
        is_host = bool((parts.hostname or "").encode("idna")) and " " not in parts.netloc
        is_usable = is_web and is_host and parts.port != 0
    except ValueError:  # UnicodeError is one
        is_usable = False
    if not is_usable:
        raise UsageError(
            f"{url!r} is not the URL of a server.", hint=f"Write it like {DEFAULT_URL}."
        )
    path = parts.path.rstrip("/") or BASE_PATH
    return SplitResult(parts.scheme, parts.netloc, path, "", "")
