"""The host names that a server answers to.

The owner of a page can point a name of theirs at this machine and have the page read our answers
(DNS rebinding); such requests carry a `Host` that is not ours. Source: RFC 9110, section 7.2.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from torc_core.errors import UsageError


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


_HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[\w.-]*))(?::[0-9]*)?", re.ASCII)


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
