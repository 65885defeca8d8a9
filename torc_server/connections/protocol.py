"""HTTP on one connection, as uvicorn speaks it, within the limits."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from torc_server.connections.guard import Guard, Guarded
from torc_server.connections.limits import Entry, Overdue, Phase
from torc_server.peers import peer_of

_REFUSALS = {
    400: ("invalid", "This is not a request of HTTP/1.1."),
    408: ("timed_out", "The request did not arrive in time."),
    431: ("invalid", "The header of the request is too large."),
    503: ("too_many_connections", "There are too many connections; try again in a second."),
}


class _RefusedError(Exception):
    """Ends the parsing of a request; the status is that of the connection's refusal."""


class Connection(HttpToolsProtocol, Guarded):
    """uvicorn's connection, which reports to the guard what it is doing."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        guard: Guard,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._guard = guard
        self._limits = guard.limits
        self._entry: Entry[Guarded] = Entry(self, "", 0)
        self._between = 0
        """Bytes since the last complete header or piece of a body: of a header, or of trailers."""
        self._status = 400
        """The status of a refusal."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's
        """Begin, if there is room."""
        super().connection_made(transport)
        now = self.loop.time()
        self._entry.peer, self._entry.since = peer_of(self.client[0] if self.client else ""), now
        if not self._guard.admit(self._entry, now):
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._guard.forget(self._entry)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        self._between += len(data)
        super().data_received(data)
        if self._between > self._limits.header_bytes and not self.transport.is_closing():
            self._refuse(431)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's
        """Refuse what cannot be parsed, or what a callback has refused."""
        self._refuse(self._status)

    # What the parser finds

    def on_message_begin(self) -> None:
        """Begin the header of a request."""
        super().on_message_begin()
        self._entry.enter(Phase.HEADER, self.loop.time())

    def on_headers_complete(self) -> None:
        """Begin a request whose body is yet to come."""
        if self._between > self._limits.header_bytes:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > self._limits.header_bytes:
                self._status = 431
                raise _RefusedError
        if len(self.pipeline) >= self._limits.pipelined:
            raise _RefusedError
        self._between = 0
        super().on_headers_complete()
        self.headers = []  # trailers are not part of the header
        self._entry.enter(Phase.BODY, self.loop.time())

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._between = 0
        self._entry.received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request; the response may already be complete."""
        self._between = 0
        super().on_message_complete()
        phase = Phase.IDLE if self.cycle.response_complete else Phase.ANSWER
        self._entry.enter(phase, self.loop.time())

    # What the application does

    def on_response_complete(self) -> None:
        """End the response; the request may not be complete yet."""
        super().on_response_complete()
        if self._entry.phase is Phase.ANSWER and self.cycle.response_complete:
            self._entry.enter(Phase.IDLE, self.loop.time())

    def pause_writing(self) -> None:
        """Stop writing: the client is behind with reading."""
        super().pause_writing()
        self._guard.falls_behind(self._entry, self.loop.time())

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._guard.catches_up(self._entry, self.loop.time())

    # What the guard asks for

    def look(self, now: float) -> None:
        """Bring the entry up to date."""
        entry, closing = self._entry, self.transport.is_closing()
        if closing and entry.phase is not Phase.CLOSING:
            entry.enter(Phase.CLOSING, now)
        elif entry.phase is Phase.BODY and self.flow.read_paused:
            entry.enter(Phase.BODY, now)  # the client waits for the server, not the other way round
        behind = closing or self.flow.write_paused
        entry.note_unsent(self.transport.get_write_buffer_size() if behind else 0, now)

    def give_up(self, why: Overdue) -> None:
        """Close the connection, with a reply if the client has begun a request."""
        if why is Overdue.RESPONSE:
            self.abort()
        elif why is Overdue.IDLE or (self.cycle is None and not self._between):
            self.transport.close()
        else:
            self._refuse(408)

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def _refuse(self, status: int) -> None:
        """Close with an error, unless it would become a part of another response."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            cycle.disconnected = True  # what the application still answers is not sent
            cycle.message_event.set()
        code, message = _REFUSALS[status]
        body = msgspec.json.encode({"error": {"message": message, "code": code}})
        head = [*self.server_state.default_headers, (b"content-type", b"application/json")]
        head += [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        if status == 503:
            head.append((b"retry-after", b"1"))
        lines = b"".join(b"%b: %b\r\n" % line for line in head)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.transport.close()
