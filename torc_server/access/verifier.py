"""Checks of passwords that take the same time for every user name.

The time of a response would otherwise tell which users there are, and which have cheap hashes. A
bcrypt of cost c takes time in proportion to 2**c, and 2**c + (2**c + 2**(c+1) + ... + 2**(n-1)) is
2**n: a failed check of a cheaper hash is made as long as one of the dearest hash of the file by one
further bcrypt of each cost between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import bcrypt

from torc_server.access.credentials import COSTS, DEFAULT_COST, MAX_PASSWORD_BYTES

_HASH = re.compile(r"\$2[abxy]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}")


class Verifier:
    """Knows the hashes of users. Takes a processor for a while, and holds no lock meanwhile."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = {
            user: (hashed.encode(), cost)
            for user, hashed in hashes.items()
            if (cost := cost_of(hashed)) is not None
        }
        self.cost = max((cost for _, cost in self._hashes.values()), default=DEFAULT_COST)
        """The cost of a check that fails."""
        self.unusable = sorted(hashes.keys() - self._hashes.keys())
        """Users whose hashes are none of bcrypt's."""

    def __len__(self) -> int:
        return len(self._hashes)

    def is_correct(self, user: str, password: str) -> bool:
        """Return whether a password is that user's."""
        given = password.encode("utf-8", "surrogatepass")
        secret = given.replace(b"\0", b"\1")[:MAX_PASSWORD_BYTES]  # what bcrypt takes without error
        hashed, cost = self._hashes.get(user, (_no_password(self.cost), self.cost))
        if bcrypt.checkpw(secret, hashed) and secret == given:
            return True
        for further in range(cost, self.cost):
            bcrypt.checkpw(secret, _no_password(further))
        return False


def cost_of(hashed: str) -> int | None:
    """Return the cost of a hash; None if it is none of bcrypt's."""
    match = _HASH.fullmatch(hashed)
    return int(match["cost"]) if match and int(match["cost"]) in COSTS else None


def _no_password(cost: int) -> bytes:
    """Return a hash that no password matches."""
    return b"$2b$%02d$" % cost + b"." * 53
