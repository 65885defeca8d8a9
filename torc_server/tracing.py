"""The id that ties an answer to its request, in the reference's header."""

from __future__ import annotations

import re
from uuid import uuid4

from litestar.types import Message, Scope

_HEADER = b"x-span-id"
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


async def add_span_id(message: Message, scope: Scope) -> None:
    """Give every answer the request's `X-Span-ID`, or a fresh one when it sent none."""
    if message["type"] != "http.response.start":
        return
    given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
    span_id = given if _ID.fullmatch(given) else str(uuid4()).encode()
    message["headers"] = [*message["headers"], (_HEADER, span_id)]
