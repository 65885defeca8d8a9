"""Who may talk to the server: whoever knows its token, when it has one."""

from __future__ import annotations

import binascii
from base64 import b64decode
from hmac import compare_digest

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send


class TokenMiddleware(ASGIMiddleware):
    """Refuses requests without the token: as a bearer, or as the password of Basic credentials."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on if it carries the token.

        Raises:
            NotAuthorizedException: It does not.
        """
        credential = given_token(Headers.from_scope(scope).get("authorization", ""))
        if not compare_digest(credential, self._token):
            raise NotAuthorizedException(
                "This server asks for a token, and the request carries none or another one.",
                headers={"WWW-Authenticate": 'Basic realm="Torc"'},
            )
        await next_app(scope, receive, send)


def given_token(authorization: str) -> bytes:
    """Return the token in an Authorization header; empty when there is none to be read."""
    scheme, _, value = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip().encode()
        case "basic":
            try:
                return b64decode(value.strip(), validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return b""
        case _:
            return b""
