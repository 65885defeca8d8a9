"""`Idempotency-Key`: the header by which a request is known that may come again.

A client that gets no reply sends a request again, with the same key. It is carried out once, and
each repetition gets the reply to the first. `storage.repeats` keeps them.

Operations that know a repetition by something of their own say so, and need no key: `NATURAL`.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from torc_server.errors import UnreadableRequestError
from torc_server.peers import user_of_request
from torc_server.storage.repeats.keys import RequestKey

HEADER = "Idempotency-Key"
NATURAL = "idempotent_by"
"""The option of a handler that says by what it knows a repetition."""
READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})

_HEADER = HEADER.lower().encode()
_KEY = re.compile(rb"[!-~]{1,255}")


def takes_key(handler: HTTPRouteHandler) -> bool:
    """Return whether an operation is known by a key, if its request has one."""
    return handler.http_methods.isdisjoint(READ_ONLY) and NATURAL not in handler.opt


async def request_key(request: Request[Any, Any, Any]) -> RequestKey | None:
    """Return by which key a request is known; most have none.

    Raises:
        UnreadableRequestError: The key is empty, too long, or not of printable ASCII.
    """
    scope = request.scope
    given = next((value for name, value in scope["headers"] if name == _HEADER), None)
    if given is None or not takes_key(request.route_handler):
        return None
    if not _KEY.fullmatch(given):
        raise UnreadableRequestError(
            f"The header {HEADER} is not 1 to 255 printable ASCII characters without spaces.",
            field=HEADER,
        )
    asked = (
        user_of_request(),
        scope["method"],
        scope["path"],
        scope["query_string"].decode("latin-1"),
    )
    digest = sha256("\0".join(asked).encode("utf-8", "surrogatepass"))
    digest.update(b"\0" + await request.body())
    return RequestKey(given.decode("ascii"), digest.hexdigest())
