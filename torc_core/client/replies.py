"""Replies: decoded, or turned into the error that they report."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar, cast

import msgspec

from torc_core.client.features import feature_of, ids_in, unsupported
from torc_core.client.request import Request
from torc_core.decoders import decoder_of
from torc_core.errors import (
    AccessError,
    ConflictError,
    NotFoundError,
    ProtocolError,
    ServerError,
    TorcError,
    TransitionError,
    UsageError,
)

T = TypeVar("T")

CLASS_OF_STATUS: dict[int, type[TorcError]] = {
    400: UsageError,
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    405: ProtocolError,
    409: ConflictError,
    413: UsageError,
    421: AccessError,
    422: UsageError,
    429: AccessError,
}
"""Errors by status of a reply; others are a `ServerError`."""
_CONFLICTS: dict[str, type[TorcError]] = {
    kind.code: kind for kind in (ConflictError, TransitionError)
}
"""By the code in the body: those that the reference's clients know as a 422 too."""
_NO_SUCH_CALL = frozenset({404, 405})
"""Without a body, how a server of the reference answers a path or method that it does not know."""


def read_reply(request: Request[T], url: str, status: int, content: bytes) -> T:
    """Return the decoded body of a reply.

    Raises:
        ProtocolError: It is not of the type that the request declares.
        TorcError: The server refused; the class follows the HTTP status.
    """
    if status in _NO_SUCH_CALL and not content.strip():
        raise _no_such_call(request, url, status)
    if status >= 400:
        raise error_from_reply(status, content)
    try:
        return cast("T", decoder_of(cast("Hashable", request.reply)).decode(content))
    except (ValueError, RecursionError) as error:  # msgspec's, or the text is not UTF-8
        raise ProtocolError(
            f"The reply to {request.method} {request.path} is not what torc expects: {error}.",
            hint=f"Is there a torc server of this version at {url}?",
        ) from error


def _no_such_call(request: Request[Any], url: str, status: int) -> TorcError:
    if feature := feature_of(request.path):
        return unsupported(feature, url, values=ids_in(request.path))
    return CLASS_OF_STATUS[status](
        f"The server at {url} does not know {request.method} {request.path}.",
        hint="Check --url and TORC_API_URL: it may be another server than torc's, or an older one.",
    )


def error_from_reply(status: int, content: bytes) -> TorcError:
    """Return the error that a reply of status 400 or more reports.

    The body is the reference's `{"error": {"message": ...}}`, plain text, or nothing.
    """
    if content.lstrip().startswith(b"<"):
        return ProtocolError(
            f"Not a torc server but some other web server answers, with status {status}.",
            hint="Check --url, TORC_API_URL and the configuration, and the proxy that "
            "HTTP_PROXY and HTTPS_PROXY name.",
        )
    message, details = _read_error_body(content)
    hint = str(details.pop("hint", "") or "")
    if status == 401 and not hint:
        hint = "Give --username and --password, or set TORC_PASSWORD."
    kind = CLASS_OF_STATUS.get(status, ServerError)
    if kind is UsageError:
        kind = _CONFLICTS.get(str(details.get("code")), kind)
    return kind(message or f"The server answered {status}.", hint=hint, **details)


def _read_error_body(content: bytes) -> tuple[str, dict[str, Any]]:
    try:
        body = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace").strip(), {}
    inner = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(inner, dict):
        return str(inner), {}
    members = {str(name): value for name, value in inner.items()}
    message = str(members.pop("message", "") or members.pop("detail", ""))
    for taken in ("status", "self"):
        members.pop(taken, None)
    return message, members
