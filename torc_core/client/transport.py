"""HTTP to a torc server: connections, authentication, and errors in both directions.

Built on the standard library's `http.client`: a command that asks one thing has its answer in
60 ms, of which half is the interpreter; the import of a larger HTTP library alone takes 110 ms.
A transport may be shared between threads: each keeps its own connection.
"""

from __future__ import annotations

import base64
import http.client
import logging
import ssl
import threading
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import msgspec

from torc_core.client.replies import error_from_reply, reason_of
from torc_core.client.stream import EventSource
from torc_core.errors import ProtocolError, TimedOutError, UnreachableError, UsageError

T = TypeVar("T")

log = logging.getLogger(__name__)

DEFAULT_URL = "http://localhost:8080/torc-service/v1"
BASE_PATH = "/torc-service/v1"


class Address(NamedTuple):
    """Where a server listens, and the secret that opens it, if it wants one."""

    url: str
    token: str | None = None

    @property
    def with_token(self) -> str:
        """The URL with the token in its path, see `TOKEN_IN_PATH`; it is as secret as the token."""
        if self.token is None:
            return self.url
        parts = urlsplit(self.url)
        return parts._replace(path=f"/token/{quote(self.token, safe='')}{parts.path}").geturl()


class Transport:
    """Sends requests to one server and returns decoded answers.

    Args:
        address: Base URL with the path `/torc-service/v1` (added when the path is empty).
        user: Name for Basic authentication; used with `password`.
        password: Password for Basic authentication.
        timeout_s: How long one answer may take.
        locate: Asked for the present address when nobody answers, as an embedded server may have
            been started again elsewhere. It raises `UnreachableError` when there is none.
    """

    def __init__(
        self,
        address: Address,
        *,
        user: str | None = None,
        password: str | None = None,
        timeout_s: float = 30.0,
        locate: Callable[[], Address] | None = None,
    ) -> None:
        self._basic = _basic_header(user, password) if password is not None else None
        self._timeout_s = timeout_s
        self._locate = locate
        self._threads = threading.local()
        self._move_to(address)

    def _move_to(self, address: Address) -> None:
        self._parts = _split(address.url)
        self.address = address._replace(url=self._parts.geturl())

    def call(
        self,
        method: str,
        path: str,
        reply: type[T],
        *,
        params: Mapping[str, object] | None = None,
        body: object = None,
        timeout_s: float | None = None,
    ) -> T:
        """Send one request and return its decoded answer.

        Args:
            method: HTTP method.
            path: Path below the base path; values from users must be quoted already.
            reply: Type of the answer's body.
            params: Query parameters; those that are None are left out.
            body: A struct or JSON value to send.
            timeout_s: Overrides the transport's timeout.

        Raises:
            UnreachableError: Nobody listens at the address.
            TimedOutError: No answer in time; the request may have been carried out.
            ProtocolError: The answer is not of the type `reply`.
            TorcError: The server refused; the class follows the HTTP status.
        """
        target = self._parts.path + path + _query(params)
        payload = None if body is None else msgspec.json.encode(body)
        try:
            status, content = self._send(method, target, payload, timeout_s)
        except UnreachableError:
            if self._locate is None:
                raise
            self._move_to(self._locate())
            target = self._parts.path + path + _query(params)
            status, content = self._send(method, target, payload, timeout_s)
        if status >= 400:
            raise error_from_reply(status, content)
        try:
            return cast("T", _decoder(cast("Hashable", reply)).decode(content))
        except msgspec.MsgspecError as error:
            raise ProtocolError(
                f"The answer to {method} {path} is not what torc expects: {error}.",
                hint=f"Is there a torc server of this version at {self.address.url}?",
            ) from error

    def open(self, path: str, params: Mapping[str, object] | None = None) -> EventSource:
        """Open a stream of server-sent events on a connection of its own.

        Raises:
            UnreachableError: Nobody listens at the address.
            TorcError: The server refused.
        """
        connection = self._new_connection(self._timeout_s)
        target = self._parts.path + path + _query(params)
        headers = {**self._headers(), "Accept": "text/event-stream"}
        try:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._unreachable(error) from error
        if response.status >= 400:
            content = response.read()
            connection.close()
            raise error_from_reply(response.status, content)
        return EventSource(connection, response)

    def close(self) -> None:
        """Close the calling thread's connection."""
        self._threads.held = None

    def _send(
        self, method: str, target: str, payload: bytes | None, timeout_s: float | None
    ) -> tuple[int, bytes]:
        timeout = self._timeout_s if timeout_s is None else timeout_s
        connection, is_reused = self._connection(timeout)
        try:
            return self._roundtrip(connection, method, target, payload)
        except TimeoutError as error:
            self.close()
            raise TimedOutError(
                f"{self.address.url} gave no answer within {timeout:.0f} s.",
                hint="The server may be busy; look at its log, then try again.",
            ) from error
        except (http.client.HTTPException, OSError) as error:
            self.close()
            # A server closes idle connections; that shows only when one is used again.
            if not is_reused or not _was_idle(error):
                raise self._unreachable(error) from error
        return self._send(method, target, payload, timeout_s)

    def _roundtrip(
        self, connection: http.client.HTTPConnection, method: str, target: str, body: bytes | None
    ) -> tuple[int, bytes]:
        connection.request(method, target, body=body, headers=self._headers())
        response = connection.getresponse()
        if warning := response.getheader("Warning"):  # an older server does not know all fields
            log.debug("%s %s: the server warns: %r", method, target, warning)
        return response.status, response.read()

    def _connection(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        """Return this thread's connection, and whether it has been used before."""
        held: _Held | None = getattr(self._threads, "held", None)
        if held is None or held.url != self.address.url:
            self._threads.held = held = _Held(self._new_connection(timeout), self.address.url)
            return held.connection, False
        connection = held.connection
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection, connection.sock is not None

    def _new_connection(self, timeout: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=timeout)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "torc-tui"}
        if self.address.token:
            headers["Authorization"] = f"Bearer {self.address.token}"
        elif self._basic:
            headers["Authorization"] = self._basic
        return headers

    def _unreachable(self, cause: Exception) -> UnreachableError:
        return UnreachableError(
            f"No torc server answers at {self.address.url}: {reason_of(cause)}.",
            hint="Start one with `torc-server run`, or leave out --url and TORC_API_URL to use "
            "the one that torc starts for you.",
        )


class _Held:
    """A thread's connection; closed when the thread, or the transport, goes."""

    def __init__(self, connection: http.client.HTTPConnection, url: str) -> None:
        self.connection = connection
        self.url = url

    def __del__(self) -> None:
        self.connection.close()


@lru_cache(maxsize=128)
def _decoder(reply: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(reply)


def _split(url: str) -> SplitResult:
    """Return the parts of a server's URL, with the base path if it has none.

    Raises:
        UsageError: It is not the URL of a server.
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and parts.netloc.isprintable()
        is_host = bool((parts.hostname or "").encode("idna")) and " " not in parts.netloc
        is_usable = is_web and is_host and parts.port != 0
    except ValueError:  # UnicodeError is one
        is_usable = False
    if not is_usable:
        raise UsageError(
            f"{url!r} is not the URL of a server.", hint=f"Write it like {DEFAULT_URL}."
        )
    path = parts.path.rstrip("/") or BASE_PATH
    return SplitResult(parts.scheme, parts.netloc, path, "", "")


def _query(params: Mapping[str, object] | None) -> str:
    given = {name: _text(value) for name, value in (params or {}).items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _basic_header(user: str | None, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user or ''}:{password}".encode()).decode()


def _was_idle(error: Exception) -> bool:
    # http.client's RemoteDisconnected is a ConnectionResetError.
    return isinstance(error, ConnectionResetError | BrokenPipeError)
