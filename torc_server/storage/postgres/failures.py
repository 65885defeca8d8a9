"""What the failures of PostgreSQL's statements mean, by SQLSTATE."""

from __future__ import annotations

import re
from typing import NamedTuple

from psycopg import Error, OperationalError, errors
from sqlalchemy.exc import DBAPIError

from torc_core.errors import ConflictError, MachineError, TorcError
from torc_server.errors import UnreadableRequestError
from torc_server.storage.database import dangling_reference, duplicate
from torc_server.storage.health import STATE


class Problem(NamedTuple):
    """Trouble of the machine; it ends the transaction."""

    message: str
    hint: str
    state: str

    def as_error(self) -> MachineError:
        """Return it as an error."""
        return MachineError(self.message, hint=self.hint, **{STATE: self.state})


UNREACHABLE = Problem(
    "The server cannot reach its database; nothing was changed.",
    "Repeat the request when PostgreSQL is back; the server's log has its message.",
    "missing",
)
_CROWDED = Problem(
    "Too many others change the server's database at once; nothing was changed.",
    "Repeat the request.",
    "locked",
)
_PROBLEMS = {
    "08": UNREACHABLE,
    "25": Problem(
        "The server may only read its database; nothing was changed.",
        "Name the primary server of PostgreSQL in --database, not a standby.",
        "read-only",
    ),
    "28": UNREACHABLE,
    "40": _CROWDED,
    "42501": Problem(
        "The server has no right to change its database; nothing was changed.",
        "Make the user in --database the owner of the tables.",
        "read-only",
    ),
    "53": Problem(
        "PostgreSQL lacks memory or connections; nothing was changed.",
        "Repeat the request; the server's log has PostgreSQL's message.",
        "failing",
    ),
    "53100": Problem(
        "PostgreSQL has no space left; nothing was changed.",
        "Free some space on its disk and repeat the request.",
        "full",
    ),
    "55P03": _CROWDED,
    "57": UNREACHABLE,
    "57014": _CROWDED,
    "58": Problem(
        "PostgreSQL's disk failed; nothing was changed.",
        "Check PostgreSQL's log and its disk.",
        "failing",
    ),
    "XX": Problem(
        "PostgreSQL's files are damaged; nothing was changed.",
        "Check PostgreSQL's log, and restore a backup.",
        "damaged",
    ),
}
"""By SQLSTATE or its class; each of them ends the transaction."""
_PASSING = {"40001", "40P01", "55P03"}
"""Others had what the transaction needed; the next time they may not."""
_KEY = re.compile(r"\(([^)]*)\)=\(")


def cause_of(error: BaseException) -> Error | None:
    """Return the driver's error."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause if isinstance(cause, Error) else None


def is_passing(error: BaseException) -> bool:
    """Return whether the same transaction may succeed when it is tried again."""
    cause = cause_of(error)
    return cause is not None and cause.sqlstate in _PASSING


def is_lost(error: BaseException) -> bool:
    """Return whether the connection is gone."""
    cause = cause_of(error)
    if cause is None:
        return isinstance(error, DBAPIError) and error.connection_invalidated
    state = cause.sqlstate or ""
    return state.startswith(("08", "57P")) or (not state and isinstance(cause, OperationalError))


def explain(error: BaseException) -> TorcError | None:
    """Return what a statement's failure means; None: it is a fault of this program."""
    cause = cause_of(error)
    if cause is None:
        return None
    state = cause.sqlstate or ""
    if isinstance(cause, errors.UniqueViolation):
        return _duplicate(cause)
    if isinstance(cause, errors.IntegrityError):
        return dangling_reference()
    if isinstance(cause, errors.NumericValueOutOfRange):
        return UnreadableRequestError("A number in the request exceeds 2^63-1.")
    if state in {"22021", "22P05"} or ("NUL" in str(cause) and not state):
        return UnreadableRequestError(
            "A text in the request has a character that the server's database cannot keep: NUL.",
            hint="Leave it out.",
        )
    problem = _PROBLEMS.get(state) or _PROBLEMS.get(state[:2])
    if problem is None and is_lost(error):
        problem = UNREACHABLE
    return None if problem is None else problem.as_error()


def _duplicate(error: errors.UniqueViolation) -> ConflictError:
    key = _KEY.search(error.diag.message_detail or "")
    fields = key[1].split(", ") if key else []
    return duplicate(error.diag.table_name or "record", fields)
