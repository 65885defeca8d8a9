"""How much memory the bodies of all requests together may take."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

FREE_BYTES = 64 * 1024
"""Of each body, these do not count: small requests are served however large the others are."""
_HAVE_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY_AFTER_S = 1


class BodyBudget(ASGIMiddleware):
    """Refuses what comes of a body while those that are being served take all that they may.

    A body counts until its request is answered.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken = 0

    @property
    def taken(self) -> int:
        """How many bytes are taken at present."""
        return self._taken

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Count a body while it is received, and let it go with the answer."""
        if scope.get("method") in _HAVE_NO_BODY:
            await next_app(scope, receive, send)
            return
        counted = -FREE_BYTES

        async def counting() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            nonlocal counted
            message = await receive()
            if message["type"] == "http.request":
                size = len(message["body"])
                further = max(0, counted + size) - max(0, counted)
                if self._taken + further > self._total:
                    raise HTTPException(
                        status_code=503,
                        detail="The server has as many large requests as it can take.",
                        headers={"Retry-After": str(RETRY_AFTER_S)},
                    )
                counted += size
                self._taken += further
            return message

        try:
            await next_app(scope, counting, send)
        finally:
            self._taken -= max(0, counted)
