"""The users of a running server, and checks of their passwords."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from torc_core.errors import ConflictError, UsageError
from torc_core.host.machine import usable_cpu_count
from torc_core.units import counted
from torc_server.access import credentials
from torc_server.access.throttle import FIRST, KEYS, Throttle, TooManyAttemptsError
from torc_server.access.verifier import Verifier
from torc_server.turns import NoTurnError, Turns

WORKERS = max(1, min(4, usable_cpu_count() // 2))
"""Processors that check passwords; the others are for users who are known already."""
MAX_WAITING = 64
PATIENCE_S = 10
"""How long a check waits before the client is asked to come again."""
DEAR_COST = 15
"""A cost whose checks take seconds, so that few are possible."""

log = logging.getLogger(__name__)


class Users:
    """The users of a file, read at the start and on `load`.

    bcrypt takes a fifth of a second, on purpose. So a correct password is remembered for a while
    (by a hash of it), few are checked at a time, and of those who wait the one with the fewest
    failures is first: a client that tries many passwords keeps some processors busy, and no user
    waiting.
    """

    def __init__(self, path: Path | None = None, *, remember_s: float = 0) -> None:
        self._path = path
        self._remember_s = remember_s
        self._verifier = Verifier({})
        self._known: dict[bytes, float] = {}
        """Until when credentials that were right are not checked again, in seconds of the monotonic
        clock. Afterwards they are, and are still the first in the queue."""
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        self._throttle = Throttle()
        self._turns = Turns(WORKERS, waiting=MAX_WAITING, patience_s=PATIENCE_S, newest_first=True)
        self._pool = ThreadPoolExecutor(WORKERS, "password")

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
        verifier = Verifier(credentials.users(credentials.read_lines(self._path)))
        if not len(verifier):
            raise UsageError(
                f"The file {self._path} holds no user with a bcrypt hash.",
                hint=f"Add one with torc-htpasswd add --file {self._path} USER.",
            )
        self._verifier, self._known = verifier, {}
        log.info("%s in %s", counted(len(verifier), "user"), self._path)
        for user in verifier.unusable:
            log.warning("%s: %r cannot log in: the entry is not a bcrypt hash", self._path, user)
        if verifier.cost >= DEAR_COST:
            log.warning(
                "%s: a hash has the cost %d; each check takes seconds", self._path, verifier.cost
            )
        return len(verifier)

    def close(self) -> None:
        """Refuse all who wait for a check."""
        self._turns.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def is_correct(self, user: str, password: str, peer: str) -> bool:
        """Return whether a password is that user's.

        Raises:
            TooManyAttemptsError: It was not checked, as too many were wrong or wait.
        """
        digest = sha256(f"{user}\0{password}".encode("utf-8", "surrogatepass")).digest()
        if self._known.get(digest, 0) > time.monotonic():
            return True
        check = self._checks.get(digest)
        if check is None:
            check = asyncio.create_task(self._check(user, password, peer, digest))
            self._checks[digest] = check
            check.add_done_callback(lambda _: self._checks.pop(digest, None))
        return await asyncio.shield(check)

    async def _check(self, user: str, password: str, peer: str, digest: bytes) -> bool:
        verifier, known = self._verifier, self._known  # a reload meanwhile does not change these
        loop = asyncio.get_running_loop()
        attempt = None
        try:
            if digest not in known:
                attempt = self._throttle.begin(user, peer, time.monotonic())
            await self._turns.take(attempt.rank if attempt else FIRST)
        except (TooManyAttemptsError, NoTurnError) as error:
            if attempt:
                self._throttle.take_back(attempt)
            refusals.warning("%r from %s was not checked: too many attempts", user[:256], peer)
            wait_s = error.retry_after_s if isinstance(error, TooManyAttemptsError) else 1
            raise TooManyAttemptsError(wait_s) from error
        try:
            correct = await loop.run_in_executor(self._pool, verifier.is_correct, user, password)
        finally:
            self._turns.leave()
        if correct:
            if attempt:
                self._throttle.take_back(attempt)
            self._throttle.trust(peer)
            known.pop(digest, None)
            known[digest] = time.monotonic() + self._remember_s
            if len(known) > KEYS:
                del known[next(iter(known))]
        log.log(*_OUTCOME[correct], user[:256])
        return correct


refusals = log.getChild("refusals")
"""What is logged without having cost anything: one line in a while."""

_OUTCOME = {
    True: (logging.DEBUG, "%r authenticated"),
    False: (logging.WARNING, "%r was refused: unknown user or wrong password"),
}
