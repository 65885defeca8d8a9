"""Error responses: every failure becomes the reference's error body and a fitting status.

The body is `{"error": {"message": ..., "hint": ..., "code": ..., <details>}}`. No internals, such
as SQL or tracebacks, are ever part of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from torc_core.errors import (
    AccessError,
    ConflictError,
    MachineError,
    NotFoundError,
    TimedOutError,
    TorcError,
    UsageError,
)
from torc_core.model.workflow import ApiError
from torc_server.edge.tracing import SPAN, span_id
from torc_server.errors import (
    JobLockedError,
    MisdirectedError,
    OutcomeError,
    ResetError,
    RetryLimitError,
    SpawnError,
    StaleRunError,
    UnreadableRequestError,
)
from torc_server.storage.repeats.keys import AlreadyAnsweredError

HTTP_STATUS: Mapping[type[TorcError], int] = {
    TorcError: 500,
    UsageError: 422,
    UnreadableRequestError: 400,
    AccessError: 403,
    MisdirectedError: 421,
    NotFoundError: 404,
    ConflictError: 409,
    SpawnError: 422,
    StaleRunError: 422,
    OutcomeError: 422,
    RetryLimitError: 422,
    JobLockedError: 422,
    ResetError: 422,
    MachineError: 507,
    TimedOutError: 504,
}
"""HTTP statuses by class of error; a class that is not here has the status of its parent."""

log = logging.getLogger(__name__)

_Request = Request[Any, Any, Any]

_MAX_LENGTH = 1_000
"""Characters of a text in an error."""


def status_of(error: TorcError) -> int:
    """Return the HTTP status of an error."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)


def _reply(
    status: int, problem: dict[str, Any], headers: dict[str, str] | None = None
) -> Response[ApiError]:
    shown = {name: _shortened(value) for name, value in problem.items()}
    return Response(
        ApiError(error=shown), status_code=status, media_type=MediaType.JSON, headers=headers
    )


def _shortened(value: object) -> object:
    """Return a text that quotes a request, cut to a readable length."""
    if isinstance(value, str) and len(value) > _MAX_LENGTH:
        return f"{value[:_MAX_LENGTH]}…"
    return value


def _torc_error(_request: _Request, error: TorcError) -> Response[ApiError]:
    problem = {"message": error.message, "code": error.code}
    if error.hint:
        problem["hint"] = error.hint
    return _reply(status_of(error), problem | error.details)


def _http_error(request: _Request, error: HTTPException) -> Response[ApiError]:
    """Translate the errors of Litestar: routes, parameters, bodies."""
    status, message = error.status_code, error.detail.partition(" for path ")[0]
    field = None
    if type(error.__cause__) is ValueError:  # of a path parameter; an unknown path has none of it
        status, message = 400, "The path has something else where a number is expected."
    elif isinstance(error.extra, list):
        message = " ".join(map(_finding, error.extra))
        field = None if error.extra[0] == _NO_BODY else error.extra[0].get("key")
    elif missing := _MISSING.match(message):
        field = missing[1]
    if text := _MESSAGES.get(status):
        message = text.format(base=request.app.path)
    problem = {"message": message, "code": HTTP_CODES.get(status, "invalid")}
    if field is not None:
        problem["field"] = field
    return _reply(status, problem, error.headers)


HTTP_CODES = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    429: "too_many_requests",
    500: "server_error",
    503: "overloaded",
}
"""Codes of errors that Litestar raises, by status; others are `invalid`."""

_MESSAGES = {
    404: "Unknown path; {base}/openapi.json lists all paths.",
    405: "This path does not support the method; the header Allow lists those that it does.",
    413: "The body is larger than this server accepts.",
}
"""Messages in place of the bare phrase of the status."""

_MISSING = re.compile(r"Missing required \w+ parameter '(\w+)'")

_NO_BODY = {"message": "'data'", "key": "data", "source": "body"}


def _finding(item: dict[str, str]) -> str:
    if item == _NO_BODY:
        return "The request needs a body."
    return f"{item.get('key', '')}: {item.get('message', '')}."


def _too_large(request: _Request, _error: OverflowError) -> Response[ApiError]:
    too_large = UnreadableRequestError("A number in the request exceeds 2^63-1.")
    return _torc_error(request, too_large)


def _unreadable(request: _Request, error: Exception) -> Response[ApiError]:
    """Translate bodies and texts that cannot be decoded."""
    what = "is nested too deeply" if isinstance(error, RecursionError) else "cannot be decoded"
    return _torc_error(request, UnreadableRequestError(f"The request {what}."))


def _answered(request: _Request, known: AlreadyAnsweredError) -> Response[bytes]:
    """Repeat the reply to a request that was carried out before."""
    status = request.route_handler.status_code
    return Response(known.reply, status_code=status, media_type=MediaType.JSON)


def _unexpected(request: _Request, error: Exception) -> Response[ApiError]:
    """Report an error of the server itself: the log has it, the response says where to look."""
    known = span_id(request.scope)
    log.error(
        "%s: %s %s failed",
        *(known, request.method, request.url.path),
        exc_info=error,
        extra={SPAN: known},
    )
    message = f"The server failed; its log has the reason, under {known}."
    return _reply(500, {"message": message, "code": "server_error", "span_id": known})


HANDLERS: ExceptionHandlersMap = {
    AlreadyAnsweredError: _answered,
    TorcError: _torc_error,
    HTTPException: _http_error,
    OverflowError: _too_large,
    RecursionError: _unreadable,
    UnicodeError: _unreadable,
    msgspec.DecodeError: _unreadable,
    Exception: _unexpected,
}
