"""The users of a running server, and checks of their passwords."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from torc_core.errors import ConflictError, UsageError
from torc_server.access import credentials

_UNKNOWN_USER = "$2b$12$" + "." * 53
"""A hash that no password matches. It is checked for unknown users, so that the time of a response
does not reveal who is known."""

log = logging.getLogger(__name__)


class Users:
    """The users of a file, read at the start and on `load`.

    bcrypt takes a fifth of a second, on purpose. So a correct password is remembered for a while
    (by a hash of it), and only one is checked at a time: an attacker who tries many passwords keeps
    one processor busy and no more.
    """

    def __init__(self, path: Path | None = None, *, remember_s: float = 0) -> None:
        self._path = path
        self._remember_s = remember_s
        self._hashes: Mapping[str, str] = MappingProxyType({})
        self._known: dict[bytes, float] = {}
        """Until when credentials count as valid, in seconds of the monotonic clock."""
        self._checking = asyncio.Lock()

    def load(self) -> int:
        """Read the file and return the number of its users; after an error the previous ones stay.

        Raises:
            ConflictError: The server has no file of users.
            MachineError: The file cannot be read.
            UsageError: It holds no user with a bcrypt hash.
        """
        if self._path is None:
            raise ConflictError(
                "This server has no file of users.", hint="Start it with --auth-file FILE."
            )
        hashes = credentials.users(credentials.read_lines(self._path))
        usable = {user: hashed for user, hashed in hashes.items() if hashed.startswith("$2")}
        if not usable:
            raise UsageError(
                f"The file {self._path} holds no user with a bcrypt hash.",
                hint=f"Add one with torc-htpasswd add --file {self._path} USER.",
            )
        self._hashes = usable
        self._known = {}
        log.info("%d users in %s", len(usable), self._path)
        return len(usable)

    async def is_correct(self, user: str, password: str) -> bool:
        """Return whether a password is that user's."""
        hashes, known = self._hashes, self._known  # a reload meanwhile does not change these
        digest = sha256(f"{user}\0{password}".encode("utf-8", "surrogatepass")).digest()
        if known.get(digest, 0) > time.monotonic():
            return True
        async with self._checking:
            if known.get(digest, 0) > time.monotonic():
                return True
            hashed = hashes.get(user, _UNKNOWN_USER)
            correct = await asyncio.to_thread(credentials.matches, password, hashed)
        if correct:
            known[digest] = time.monotonic() + self._remember_s
        log.log(*_OUTCOME[correct], user)
        return correct


_OUTCOME = {
    True: (logging.DEBUG, "%r authenticated"),
    False: (logging.WARNING, "%r was refused: unknown user or wrong password"),
}
