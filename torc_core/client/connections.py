"""Connections to a server, by httpx. Imported with the first request: httpx takes its time."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import httpx_sse
import msgspec

from torc_core.client.address import Address
from torc_core.client.failures import error_from_failure
from torc_core.client.replies import error_from_reply
from torc_core.client.request import Request
from torc_core.client.server_clock import clock_skew_s
from torc_core.errors import UsageError

log = logging.getLogger(__name__)

KEY_HEADER = "Idempotency-Key"
KEEP_ALIVE_S = 60.0
"""How long an idle connection is kept. The server keeps it longer, so that it does not close one
under a request."""
CONNECT_S = 30.0
"""How long making a connection may take, even where the reply may take longer."""
SILENCE_S = 60.0
"""The server sends something on a stream every 15 s; four times that is a dead connection."""

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""Every exception that httpx has; that of httpx-sse is an `httpx.HTTPError`."""


class ConnectionPool:
    """The connections to one address, shared between threads.

    An idle connection that the server has closed meanwhile is noticed before it is used, and
    replaced: httpx looks whether there is something to read on it.

    Args:
        address: Where the server listens.
        headers: Headers of every request.

    Raises:
        UsageError: The proxy settings of the environment cannot be used.
    """

    def __init__(self, address: Address, headers: Mapping[str, str]) -> None:
        self.url = address.url
        self.clock_skew_s: float | None = None
        """How far the server's clock was ahead at its first reply, if it said."""
        self.connection: object = object()
        """Replaced when there may be another server at the address: see `_note`."""
        self._streams: weakref.WeakSet[Any] = weakref.WeakSet()
        self._is_used = False
        self._noting = threading.Lock()
        self._headers = httpx.Headers(headers)
        try:
            self._client = httpx.Client(
                # Proxies are for other machines, even where the environment has them for this one.
                trust_env=not (address.is_loopback or address.is_direct),
                verify=_tls_context(address),
                limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise UsageError(
                f"The proxy settings of the environment cannot be used: {error}",
                hint="Correct HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or name the server's host in "
                "NO_PROXY.",
            ) from error
        # Not at the end of the process: threads may still be waiting for a reply then.
        weakref.finalize(self, self._client.close).atexit = False

    def send(
        self, request: Request[Any], timeout_s: float, key: str | None = None
    ) -> tuple[int, bytes]:
        """Send a request and return status and body of the reply.

        Args:
            request: The request.
            timeout_s: How long the reply may take.
            key: Its `Idempotency-Key`.

        Raises:
            UnreachableError: Nothing was sent.
            NoAnswerError: There is no reply; the request may have been carried out.
        """
        try:
            response = self._client.send(self._build(request, timeout_s, key), auth=None)
        except _FAILURES as error:
            self.note_loss()
            raise error_from_failure(
                error, self.url, timeout_s=timeout_s, is_read_only=request.is_read_only
            ) from error
        self._note(response)
        if self.clock_skew_s is None:
            self.clock_skew_s = clock_skew_s(response.headers.get("Date"), time.time())
        if warning := response.headers.get("Warning"):  # an older server does not know all fields
            log.debug("%s %s: the server warns: %r", request.method, request.path, warning)
        return response.status_code, response.content

    def stream(self, request: Request[Any]) -> ServerSentEvents:
        """Open a stream of server-sent events.

        Raises:
            UnreachableError: Nothing was sent.
            NoAnswerError: There is no reply.
            TorcError: The server refused.
        """
        built = self._build(request, SILENCE_S)
        built.headers["Accept"] = "text/event-stream"
        try:
            response = self._client.send(built, auth=None, stream=True)
            if response.status_code >= 400:
                with contextlib.closing(response):
                    raise error_from_reply(response.status_code, response.read())
            self._note(response)
        except _FAILURES as error:
            self.note_loss()
            raise error_from_failure(
                error, self.url, timeout_s=SILENCE_S, is_read_only=True
            ) from error
        return ServerSentEvents(response, self)

    def _build(
        self, request: Request[Any], timeout_s: float, key: str | None = None
    ) -> httpx.Request:
        connect_s = min(timeout_s, CONNECT_S)
        timeouts = {"connect": connect_s, "read": timeout_s, "write": timeout_s, "pool": None}
        headers = self._headers if key is None else [*self._headers.items(), (KEY_HEADER, key)]
        return httpx.Request(
            request.method,
            self.url + request.path + _query(request.params),
            headers=headers,
            content=None if request.body is None else msgspec.json.encode(request.body),
            extensions={"timeout": timeouts},
        )

    def note_loss(self) -> None:
        """Note that the server, or the way to it, was lost."""
        self.connection = object()

    def _note(self, response: httpx.Response) -> None:
        """Note over which connection a reply came.

        A server that closes idle connections as it ends, and is started again before the next
        request, is not missed by any: what shows it is a new connection while no other is open.
        """
        stream = response.extensions["network_stream"]
        if stream in self._streams:
            return
        with self._noting:
            if self._is_used and not any(_is_open(each) for each in self._streams):
                self.note_loss()
            self._is_used = True
            self._streams.add(stream)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class ServerSentEvents:
    """An open event stream; see `torc_core.client.events.EventSource`."""

    def __init__(self, response: httpx.Response, pool: ConnectionPool) -> None:
        self._response = response
        self._pool = pool  # which closes all connections when nothing refers to it
        self._is_stopped = False

    def __iter__(self) -> Iterator[httpx_sse.ServerSentEvent]:
        """Yield events as they come.

        Raises:
            NoAnswerError: The connection broke or fell silent.
            ProtocolError: This is not an event stream.
        """
        try:
            yield from httpx_sse.EventSource(self._response).iter_sse()
            if not self._is_stopped:  # a server ends its streams when it ends
                self._pool.note_loss()
        except _FAILURES as error:
            if not self._is_stopped:
                self._pool.note_loss()
                raise error_from_failure(
                    error, self._pool.url, timeout_s=SILENCE_S, is_read_only=True
                ) from error
        finally:
            self._response.close()

    def stop(self) -> None:
        """End the stream, from any thread."""
        self._is_stopped = True
        # Closing would not wake a thread that reads; ending the conversation does.
        connection = self._response.extensions["network_stream"].get_extra_info("socket")
        with contextlib.suppress(OSError):  # the server may have been first
            connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()


def _tls_context(address: Address) -> ssl.SSLContext:
    """Return how to check the server's certificate.

    The certificates to trust are those of the system or, where they are set, of SSL_CERT_FILE and
    SSL_CERT_DIR. Reading them takes 20 ms, so without https they are not read: a context that
    trusts nothing is all that httpx then needs.
    """
    if address.is_https:
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_open(stream: Any) -> bool:
    connection = stream.get_extra_info("socket")
    return connection is not None and connection.fileno() >= 0


def _query(params: Mapping[str, object] | None) -> str:
    given = {name: _text(value) for name, value in (params or {}).items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
