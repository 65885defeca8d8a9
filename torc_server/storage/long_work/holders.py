"""Who does long work: a server, and which of its works it is, in one number.

The number of a work is never used again. So a server that was cut off from the database for long
sees, when it is back, that another one has taken its work over.
"""

from __future__ import annotations

import secrets
from itertools import count

_BITS = 31
"""Of numbers of servers, as PostgreSQL's locks have them."""
_WORK_BITS = 32


def new_server() -> int:
    """Return a number for a server; no other one has it."""
    return 1 + secrets.randbelow((1 << _BITS) - 1)


class Holders:
    """The works of a server.

    Args:
        server: Its number.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self._works = count(1)

    def new(self) -> int:
        """Return a holder that is new."""
        return self._server << _WORK_BITS | next(self._works)


def server_of(holder: int) -> int:
    """Return the number of a holder's server; 0: of none."""
    return holder >> _WORK_BITS


def holders_of(server: int) -> tuple[int, int]:
    """Return the least and the greatest holder of a server."""
    return server << _WORK_BITS, (server + 1 << _WORK_BITS) - 1
