"""What values a setting may have: one rule for the command line, files and the environment."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple, Protocol

import msgspec

from torc_core.errors import UsageError
from torc_core.service import DEFAULT_URL
from torc_core.units import MAX_INTEGER

_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?", re.ASCII)
"""RFC 1123, section 2.1, and the underscores that are in use."""


class Rule(Protocol):
    """What is allowed."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        ...

    def allow(self, value: object) -> bool:
        """Return whether a value is allowed."""
        ...


class Bounds(NamedTuple):
    """The numbers that are allowed, both ends included unless said otherwise."""

    low: float
    high: float
    is_whole: bool = True
    is_above_low: bool = False
    """`low` itself is not allowed."""
    unit: str = "n"
    """What help shows in place of a number."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        kind = "a whole number" if self.is_whole else "a number"
        if self.unit == "id":
            kind = f"an id, which is {kind}"
        if self.is_above_low:
            return f"{kind} above {self.low:,}, at most {self.high:,}"
        return f"{kind} from {self.low:,} to {self.high:,}"

    def allow(self, value: object) -> bool:
        """Return whether a value is such a number; infinity and NaN never are."""
        try:
            number = msgspec.convert(value, int if self.is_whole else float, strict=False)
        except msgspec.ValidationError:
            return False
        above = self.low < number if self.is_above_low else self.low <= number
        return above and number <= self.high


class Words(NamedTuple):
    """The words that are allowed."""

    words: tuple[str, ...]

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return f"one of {', '.join(self.words)}"

    def allow(self, value: object) -> bool:
        """Return whether a value is such a word."""
        return value in self.words


class ServerUrl(NamedTuple):
    """The URLs that a client can connect to."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return f"the URL of a server, like {DEFAULT_URL}"

    def allow(self, value: object) -> bool:
        """Return whether a value is such a URL."""
        from torc_core.client.address import (  # noqa: PLC0415 - the server needs no client
            Address,
            check_address,
        )

        try:
            check_address(Address(str(value)))
        except UsageError:
            return False
        return True


class Assignment(NamedTuple):
    """A variable of the environment and its value."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return "a variable and its value, like CLUSTER_NAME=research"

    def allow(self, value: object) -> bool:
        """Return whether there are both."""
        name, _, text = str(value).partition("=")
        return bool(name.strip() and text)


class HostName(NamedTuple):
    """Names and addresses of machines."""

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return "the name or the address of a machine, without a scheme and a port"

    def allow(self, value: object) -> bool:
        """Return whether a value could be one."""
        text = str(value)
        if _HOST_NAME.fullmatch(text):
            return True
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return False
        return "%" not in text  # that names an interface, which another machine does not have


class OnlyFalse(NamedTuple):
    """A switch for what this version does not do; to accept it would be a false promise."""

    reason: str

    @property
    def rule(self) -> str:
        """What a value has to be, in words."""
        return f"false: {self.reason}"

    def allow(self, value: object) -> bool:
        """Return whether a value leaves it off."""
        return value is False


WHOLE = Bounds(0, MAX_INTEGER)
POSITIVE = Bounds(1, MAX_INTEGER)
IDS = Bounds(1, MAX_INTEGER, unit="id")
EXIT_CODES = Bounds(-(2**31), 2**31 - 1)
_MAX_S = 365 * 86_400
SECONDS = Bounds(0, _MAX_S, is_whole=False, unit="seconds")
POSITIVE_SECONDS = SECONDS._replace(is_above_low=True)
MINUTES = Bounds(0, 365 * 1_440, is_whole=False, is_above_low=True, unit="minutes")
"""How long to follow something."""
DAYS = Bounds(0, 36_500, is_whole=False, is_above_low=True, unit="days")
PERCENT = Bounds(0, 1_000_000, is_whole=False)
MULTIPLIER = Bounds(1, 1_000_000, is_whole=False)
"""By how much requirements or walltimes grow; they never shrink."""
COUNT = Bounds(0, 1_000_000)
POSITIVE_COUNT = COUNT._replace(low=1)
GIBIBYTES = Bounds(0, 2**30, is_whole=False, is_above_low=True, unit="gib")
PORT = Bounds(0, 65_535)
FORMATS = Words(("table", "json"))
LOG_LEVELS = Words(("error", "warn", "info", "debug", "trace"))
SERVER_LOG_LEVELS = Words((*LOG_LEVELS.words, "warning", "critical"))
"""With the names that Python has for them."""
