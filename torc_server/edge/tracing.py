"""The span id that connects a response, and its log lines, to the request."""

from __future__ import annotations

import re
from uuid import uuid4

from litestar.types import Message, Scope

_HEADER = b"x-span-id"
SPAN = "span_id"
"""The name of the id in the state of a request, and in records of the log."""
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


def span_id(scope: Scope) -> str:
    """Return the request's `X-Span-ID`, or a new one if it has none that is safe to log."""
    state = scope["state"]
    if SPAN not in state:
        given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        state[SPAN] = given.decode() if _ID.fullmatch(given) else str(uuid4())
    known: str = state[SPAN]
    return known


async def add_span_id(message: Message, scope: Scope) -> None:
    """Add the span id of the request to its response."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (_HEADER, span_id(scope).encode())]
