"""An open stream of server-sent events, frame by frame."""

from __future__ import annotations

import contextlib
import http.client
import socket

from torc_core.client.replies import reason_of
from torc_core.errors import UnreachableError

SILENCE_S = 60.0
"""The server speaks at least every 15 s; four times that is a dead line."""


class EventSource:
    """An open stream of server-sent events; iterate over it, close it from any thread."""

    def __init__(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        self._connection = connection
        self._response = response
        self._is_closed = False
        if connection.sock is not None:
            connection.sock.settimeout(SILENCE_S)
        self._socket = connection.sock

    def lines(self) -> list[str]:
        """Return the lines of the next frame, comments left out; empty at the end.

        Raises:
            UnreachableError: The connection broke or fell silent.
        """
        frame: list[str] = []
        while True:
            try:
                raw = self._response.readline()
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
                if self._is_closed:
                    return []
                raise UnreachableError(f"The event stream broke: {reason_of(error)}.") from error
            if not raw:
                return []
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if not line and frame:
                return frame
            if line and not line.startswith(":"):
                frame.append(line)

    def close(self) -> None:
        """End the stream; a reader waiting in `lines` returns."""
        self._is_closed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the peer may have been first
                self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()
