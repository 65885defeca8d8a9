"""Sends requests to a server: authentication, finding it again, and what is sent twice."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from torc_core.client.address import Address, check_address
from torc_core.client.events import EventStream
from torc_core.client.library import import_without_command_line
from torc_core.client.replies import read_reply
from torc_core.client.request import Request
from torc_core.errors import (
    AccessError,
    NotFoundError,
    ProtocolError,
    ReplyTimeoutError,
    TorcError,
    TransportError,
    UnreachableError,
    UnsupportedError,
)
from torc_core.model.events.event import StreamedEvent
from torc_core.model.workflow import IDEMPOTENCY_KEYS, Version

if TYPE_CHECKING:
    from torc_core.client.connections import ConnectionPool

T = TypeVar("T")

COMES_BACK_S = (0.0, 0.2, 0.5, 1.0, 2.0, 2.0)
"""After a change without a reply, when to ask whether the server is there again: in seconds, each
after the one before. A server that is started again takes one or two."""

_OF_ANOTHER = (ReplyTimeoutError, AccessError, NotFoundError, UnsupportedError, ProtocolError)
"""How another program answers that has got the port of a server which has moved."""


class Transport:
    """Sends requests to one server and returns decoded replies; shared between threads.

    A request without a reply is sent once more when nothing had been sent and the server can be
    found, and when repeating it does no harm: when it changes nothing, or when the server knows a
    change by its key and does not carry it out twice.

    Args:
        address: Base URL with the path `/torc-service/v1` (added when the path is empty).
        user: Name for Basic authentication; used with `password`.
        password: Password for Basic authentication.
        timeout_s: How long a reply may take.
        locate: Asked for the present address when the server does not answer, as an embedded
            server may have been started again elsewhere. It raises `UnreachableError` when there
            is none.
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
        self.address = check_address(address)
        self.user = user
        self.password = password
        self._basic = _basic_header(user, password) if password is not None else None
        self._timeout_s = timeout_s
        self._locate = locate
        self._pool: ConnectionPool | None = None
        self._changing = threading.Lock()

    @property
    def is_located(self) -> bool:
        """Whether there is a way to learn another address."""
        return self._locate is not None

    @property
    def connection(self) -> object:
        """What stands for the connection to the server: another object after it was lost."""
        return self._current_pool().connection

    @property
    def clock_skew_s(self) -> float | None:
        """How far the server's clock is ahead, in seconds; None if that is not known."""
        return None if self._pool is None else self._pool.clock_skew_s

    def send(self, request: Request[T]) -> T:
        """Send a request and return its decoded reply.

        Raises:
            UnreachableError: No connection could be made; nothing was sent.
            NoAnswerError: There is no reply; the request may have been carried out.
            ProtocolError: The reply is not of the type that the request declares.
            TorcError: The server refused; the class follows the HTTP status.
        """
        used = self.address
        key = None if request.is_repeatable else uuid.uuid4().hex
        try:
            return self._send(request, key)
        except TorcError as error:
            if not self._may_resend(request, error, used):
                raise
        return self._send(request, key)

    def _send(self, request: Request[T], key: str | None) -> T:
        timeout_s = self._timeout_s if request.timeout_s is None else request.timeout_s
        pool = self._current_pool()
        status, content = pool.send(request, timeout_s, key)
        return read_reply(request, pool.url, status, content)

    def stream(self, request: Request[StreamedEvent]) -> EventStream:
        """Open a stream of events on a connection of its own.

        Raises:
            UnreachableError: No connection could be made.
            TorcError: The server refused.
        """
        return EventStream(self._current_pool().stream(request))

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._changing:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _may_resend(self, request: Request[T], error: TorcError, used: Address) -> bool:
        """Return whether to send a request once more, after looking where the server is now."""
        if isinstance(error, _OF_ANOTHER):
            was_refused = not isinstance(error, TransportError)
            return self._has_moved(used) and (was_refused or self._is_harmless(request))
        if isinstance(error, UnreachableError):
            may_resend = self._locate is not None
        else:
            may_resend = isinstance(error, TransportError) and self._is_harmless(request)
        if may_resend and self._locate is not None:
            self._move_to(check_address(self._locate()))
        return may_resend

    def _is_harmless(self, request: Request[Any]) -> bool:
        """Return whether to send a request again that may have been carried out.

        Only a server that is there says whether it knows requests by their keys.
        """
        if request.is_repeatable:
            return True
        for delay_s in COMES_BACK_S:
            time.sleep(delay_s)
            try:
                version = self.send(Request("GET", "/version", Version))
            except ReplyTimeoutError:
                return False
            except TransportError:
                continue
            except TorcError:
                return False
            return IDEMPOTENCY_KEYS in version.capabilities
        return False

    def _has_moved(self, used: Address) -> bool:
        """Return whether the server is elsewhere than it was, and go there."""
        if self._locate is None:
            return False
        try:
            found = check_address(self._locate())
        except UnreachableError:
            return False
        self._move_to(found)
        return found != used

    def _move_to(self, address: Address) -> None:
        with self._changing:
            if address != self.address:
                self.address = address
                self._pool = None  # other threads may still wait for it; the last one closes it

    def _current_pool(self) -> ConnectionPool:
        with self._changing:
            if self._pool is None:
                import_without_command_line()
                # Not before the first request: most commands show a help page or an error first.
                from torc_core.client.connections import ConnectionPool  # noqa: PLC0415

                self._pool = ConnectionPool(self.address, self._headers())
            return self._pool

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "torc-tui"}
        if self.address.token:
            headers["Authorization"] = f"Bearer {self.address.token}"
        elif self._basic:
            headers["Authorization"] = self._basic
        return headers


def _basic_header(user: str | None, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user or ''}:{password}".encode()).decode()
