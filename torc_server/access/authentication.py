"""Authentication of requests: by the server's token, or by user and password."""

from __future__ import annotations

import binascii
import re
import socket
from base64 import b64decode
from hmac import compare_digest
from urllib.parse import unquote_to_bytes as unquote

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from torc_core.browsers.hosts import Hosts
from torc_server.access.origins import OriginMiddleware
from torc_server.access.throttle import TooManyAttemptsError
from torc_server.access.users import Users
from torc_server.peers import log_in, peer_of, requester
from torc_server.settings import ServerSettings

_TOKEN_IN_PATH = re.compile(rb"/token/(?P<token>[^/]+)(?P<rest>/.*)", re.DOTALL)
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Torc"'}


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
        if not compare_digest(given_token(authorization(scope)), self._token):
            raise NotAuthorizedException(
                "Credentials are missing or invalid: this server requires its token.",
                headers=_CHALLENGE,
            )
        await next_app(scope, receive, send)


class RequesterByPeer:
    """Notes the peer as who a request is from, until a user logs in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        requester.set(peer_in(scope))
        await self._app(scope, receive, send)


class TokenInPath:
    """Takes the token from the path, `/token/TOKEN/...`, for clients that cannot send headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as if the token had come as a bearer."""
        if found := _TOKEN_IN_PATH.match(scope.get("raw_path") or b""):
            rest = found["rest"]
            bearer = (b"authorization", b"Bearer " + unquote(found["token"]))
            others = [header for header in scope["headers"] if header[0] != bearer[0]]
            scope["path"], scope["raw_path"] = unquote(rest).decode("utf-8", "replace"), rest
            scope["headers"] = [bearer, *others]
        await self._app(scope, receive, send)


class PasswordMiddleware(ASGIMiddleware):
    """Refuses requests with a wrong password and, if required, those without one."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, users: Users, *, required: bool) -> None:
        self._users = users
        self._required = required

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on if it is anonymous and may be, or if its password is the user's.

        Raises:
            NotAuthorizedException: It is not.
            TooManyRequestsException: The password was not checked.
        """
        given = authorization(scope)
        if not given and self._required:
            raise NotAuthorizedException(
                "Credentials are missing: this server requires a user and a password.",
                headers=_CHALLENGE,
            )
        if given:
            credentials = basic_credentials(given).decode("utf-8", "replace")
            user, separator, password = credentials.partition(":")
            if not separator or not await self._is_correct(user, password, peer_in(scope)):
                raise NotAuthorizedException("Unknown user or wrong password.", headers=_CHALLENGE)
            log_in(user)
        await next_app(scope, receive, send)

    async def _is_correct(self, user: str, password: str, peer: str) -> bool:
        try:
            return await self._users.is_correct(user, password, peer)
        except TooManyAttemptsError as error:
            raise TooManyRequestsException(
                "Too many passwords were wrong, or wait to be checked; "
                f"try again in {error.retry_after_s} s.",
                headers={"Retry-After": str(error.retry_after_s)},
            ) from error


def middleware_for(settings: ServerSettings, users: Users) -> list[ASGIMiddleware]:
    """Return the middleware that decides under these settings who is served, first to last."""
    own = (socket.gethostname(), settings.host)
    programs_only = OriginMiddleware(Hosts(own, settings.allowed_hosts))
    if settings.token is not None:
        return [programs_only, TokenMiddleware(settings.token)]
    if settings.auth_file is not None:
        return [programs_only, PasswordMiddleware(users, required=settings.require_auth)]
    return [programs_only]


def authorization(scope: Scope) -> str:
    """Return the Authorization header; empty when there is none."""
    return Headers.from_scope(scope).get("authorization", "")


def peer_in(scope: Scope) -> str:
    """Return who sent a request, for limits."""
    client = scope["client"]
    return peer_of(client[0]) if client else ""


def given_token(authorization: str) -> bytes:
    """Return the token in an Authorization header; empty if there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    return basic_credentials(authorization).partition(b":")[2]


def basic_credentials(authorization: str) -> bytes:
    """Return `user:password` of an Authorization header; empty if there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
