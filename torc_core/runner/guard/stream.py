"""Lists of messages on a socket: the length in four bytes, then JSON. Nothing ever blocks."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

_HEAD = 4
_CHUNK = 1 << 16
"""Read at a time. From 128 KiB on, each read would map and unmap memory of its own."""

M = TypeVar("M")


class Stream(Generic[M]):
    """One end of a connection.

    Args:
        connection: A connected stream socket; it becomes non-blocking.
        decoder: Decodes a list of what the other end sends.
    """

    def __init__(self, connection: socket.socket, decoder: msgspec.json.Decoder[list[M]]) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._decoder = decoder
        self._encode = msgspec.json.Encoder().encode
        self._received = bytearray()
        self._unsent = bytearray()
        self.is_closed = False
        """The other end is gone."""

    def fileno(self) -> int:
        """Return the descriptor, to wait for what arrives."""
        return self._socket.fileno()

    @property
    def has_unsent(self) -> bool:
        """Whether the other end has not read all that was sent: flush once it can be written."""
        return bool(self._unsent)

    def send(self, messages: Sequence[object]) -> None:
        """Send messages, and what waits; what does not fit waits for the next call, or `flush`."""
        if messages and not self.is_closed:
            body = self._encode(messages)
            self._unsent += len(body).to_bytes(_HEAD, "big") + body
        self.flush()

    def flush(self) -> None:
        """Send as much of what waits as the other end reads."""
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._close()

    def receive(self) -> list[M]:
        """Return the messages that have arrived.

        Raises:
            msgspec.MsgspecError: What it sent is not a list of messages.
        """
        try:
            while chunk := self._socket.recv(_CHUNK):
                self._received += chunk
                if len(chunk) < _CHUNK:
                    break
            else:
                self._close()
        except BlockingIOError:
            pass
        except OSError:
            self._close()
        return self._take()

    def close(self) -> None:
        """Close the connection."""
        self._close()
        with contextlib.suppress(OSError):
            self._socket.close()

    def _take(self) -> list[M]:
        messages: list[M] = []
        while len(self._received) >= _HEAD:
            end = _HEAD + int.from_bytes(self._received[:_HEAD], "big")
            if len(self._received) < end:
                break
            messages += self._decoder.decode(self._received[_HEAD:end])
            del self._received[:end]
        return messages

    def _close(self) -> None:
        self.is_closed = True
        self._unsent.clear()
