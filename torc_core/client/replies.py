"""What a failed request means: the error for a reply, and the words for a broken connection."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.errors import (
    AccessError,
    ConflictError,
    NotFoundError,
    ProtocolError,
    ServerError,
    TorcError,
    UsageError,
)

_CLASS_OF_STATUS: dict[int, type[TorcError]] = {
    400: UsageError,
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    405: ProtocolError,
    409: ConflictError,
    413: UsageError,
    422: UsageError,
    429: AccessError,
}


def error_from_reply(status: int, content: bytes) -> TorcError:
    """Return the error that a reply of status 400 or more stands for.

    The body is the reference's `{"error": {"message": ...}}`, plain text, or nothing.
    """
    kind = _CLASS_OF_STATUS.get(status, ServerError)
    if content.lstrip().startswith(b"<"):
        return ProtocolError(
            f"Not a torc server but some other web server answers, with status {status}.",
            hint="Check --url, TORC_API_URL and the configuration.",
        )
    message, details = _read_error_body(content)
    hint = str(details.pop("hint", "") or "")
    if status == 401 and not hint:
        hint = "Give --username and --password, or set TORC_PASSWORD."
    error = TorcError.__new__(kind)
    TorcError.__init__(
        error, message or f"The server answered {status}.", hint=hint, status=status, **details
    )
    return error


def _read_error_body(content: bytes) -> tuple[str, dict[str, Any]]:
    try:
        body = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return content.decode("utf-8", "replace").strip(), {}
    inner = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(inner, dict):
        return str(inner), {}
    members = {str(name): value for name, value in inner.items()}
    message = str(members.pop("message", "") or members.pop("detail", ""))
    for taken in ("status", "self"):
        members.pop(taken, None)
    return message, members


def reason_of(error: Exception) -> str:
    """Return why a connection failed, in the words of the system."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
