"""Every error that torc reports, with the exit code and the advice that belong to it.

    TorcError
    ├── UsageError                2   an invalid request: a wrong value or option
    │   └── SpecError             2   a workflow file with problems, all of them
    ├── AccessError               3   not authenticated or not allowed
    ├── NotFoundError             4   no such workflow, job, file, ...
    ├── ConflictError             5   the present state forbids it
    │   └── TransitionError       5   a job may not go from this status to that one
    ├── TransportError            6   a request without a reply
    │   ├── UnreachableError      6   no connection could be made: nothing was sent
    │   └── NoAnswerError         6   sent, and no reply: it may have been carried out
    │       └── ReplyTimeoutError 8   no reply in time; a TimedOutError too
    ├── ServerError               7   the server answered with an error of its own
    │   └── ProtocolError         7   a reply that torc does not understand
    ├── UnsupportedError          7   the server does not offer this
    ├── TimedOutError             8   a wait ended without its event
    └── MachineError              9   this machine lacks something: disk, program, permission

A message says what happened, with the values; `hint` says what to do next. The HTTP status of an
error is the server's business and defined there. Errors of programming stay `ValueError` and
`TypeError`; only `torc_core.host.program` catches them, at the top of every program.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from torc_core.masking import mask

if TYPE_CHECKING:
    from collections.abc import Sequence


class ExitCode(IntEnum):
    """Exit codes of every torc command; documented, never renumbered."""

    OK = 0
    JOBS_FAILED = 1
    USAGE = 2
    ACCESS = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNREACHABLE = 6
    SERVER = 7
    TIMED_OUT = 8
    ENVIRONMENT = 9
    FAULT = 70
    INTERRUPTED = 130
    TERMINATED = 143


class TorcError(Exception):
    """An error for users to read.

    Args:
        message: What happened, with the values that matter; secrets in it are masked.
        hint: What to do next; empty when there is nothing to do.
        details: Machine-readable facts, sent along as members of the error body.
    """

    code: ClassVar[str] = "error"
    """A stable name for programs."""
    exit_code: ClassVar[ExitCode] = ExitCode.SERVER

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        self.message = mask(message)
        self.hint = hint
        super().__init__(self.message)
        self.details = details

    @property
    def hint(self) -> str:
        """What to do next; also a note, for tracebacks of programs that use the core."""
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        self._hint = mask(hint)
        self.__notes__ = [f"hint: {self._hint}"] if hint else []

    def __str__(self) -> str:
        return self.message


class UsageError(TorcError):
    """An invalid request: a wrong value, a missing field."""

    code = "invalid"
    exit_code = ExitCode.USAGE


class AccessError(TorcError):
    """Not authenticated, or not allowed."""

    code = "forbidden"
    exit_code = ExitCode.ACCESS


class NotFoundError(TorcError):
    """There is no such object."""

    code = "not_found"
    exit_code = ExitCode.NOT_FOUND

    @classmethod
    def of(cls, kind: str, key: object, *, hint: str = "", **details: Any) -> Self:
        """Return the error for an object that does not exist.

        Args:
            kind: What it is in the words of the user, such as "workflow" or "user data".
            key: Its id or name.
            hint: What to do next.
            **details: Machine-readable facts; `kind` is one.
        """
        return cls(f"There is no {kind} {key}.", hint=hint, kind=kind, **details)


class ConflictError(TorcError):
    """The present state forbids it."""

    code = "conflict"
    exit_code = ExitCode.CONFLICT


class TransitionError(ConflictError):
    """A job may not go from its status to the requested one."""

    code = "illegal_transition"


class TransportError(TorcError):
    """A request to which there is no reply."""

    code = "no_reply"
    exit_code = ExitCode.UNREACHABLE


class UnreachableError(TransportError):
    """No connection to the server could be made: nothing was sent."""

    code = "unreachable"


class NoAnswerError(TransportError):
    """A request was sent and no reply came: it may have been carried out."""

    code = "no_answer"


class ServerError(TorcError):
    """The server answered with an error of its own."""

    code = "server_error"
    exit_code = ExitCode.SERVER


class ProtocolError(ServerError):
    """A reply that torc does not understand: not JSON, or not of the expected shape."""

    code = "bad_reply"


class UnsupportedError(TorcError):
    """The server does not offer this: it is older, or one of the reference."""

    code = "unsupported"
    exit_code = ExitCode.SERVER


class TimedOutError(TorcError):
    """A wait ended without what was waited for."""

    code = "timed_out"
    exit_code = ExitCode.TIMED_OUT


class ReplyTimeoutError(NoAnswerError, TimedOutError):
    """A request was sent and no reply came in time: it may have been carried out."""

    code = "timed_out"
    exit_code = ExitCode.TIMED_OUT


class MachineError(TorcError):
    """This machine lacks something: disk space, a program, a permission."""

    code = "environment"
    exit_code = ExitCode.ENVIRONMENT


class SpecError(UsageError):
    """A workflow file with problems.

    Args:
        problems: One line each, in the order of the file: place, cause and, where one is near,
            the right name. Never empty.
        source: The file's name as the user wrote it.
        hint: What to do next, where it is not to correct the file.
    """

    code = "invalid_spec"

    def __init__(self, problems: Sequence[str], *, source: str, hint: str = "") -> None:
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(
            "\n".join([f"{source}: {count}, nothing was created", *problems]),
            hint=hint or "Correct the file and run the same command again.",
        )
        self.problems = list(problems)
        self.source = source
