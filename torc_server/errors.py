"""Errors that only the server raises, each with the HTTP status that the reference's clients know.

    UsageError
    └── UnreadableRequestError    400   the address or the body cannot be read
    AccessError
    └── MisdirectedError          421   a request for another host
    ConflictError
    ├── SpawnError                422   jobs that a running job may not add
    └── TransitionError
        ├── StaleRunError         422   the request names another run than the present one
        ├── OutcomeError          422   the job has an outcome already, or cannot be given one
        ├── RetryLimitError       422   the attempts of a job are used up
        ├── JobLockedError        422   fields that only an uninitialized job can change
        └── ResetError            422   the workflow is archived or active

All other errors are those of `torc_core.errors`. On the wire a subclass has the code of its parent;
the statuses are data, in `torc_server.edge.problems`.
"""

from __future__ import annotations

from torc_core.errors import AccessError, ConflictError, TransitionError, UsageError


class UnreadableRequestError(UsageError):
    """An address or a body that cannot be read, or is beyond a limit."""


class MisdirectedError(AccessError):
    """A request for a host that is not this server."""


class SpawnError(ConflictError):
    """Jobs that a running job may not add."""


class StaleRunError(TransitionError):
    """A request about another run than the workflow's present one."""


class OutcomeError(TransitionError):
    """A job that has an outcome already, or that cannot be given one this way."""


class RetryLimitError(TransitionError):
    """A job whose attempts are used up."""


class JobLockedError(TransitionError):
    """A change of fields that only an uninitialized job allows."""


class ResetError(TransitionError):
    """A workflow that cannot be reset: it is archived or active."""
