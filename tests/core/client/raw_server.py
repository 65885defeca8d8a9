"""A server of raw sockets, for what a real one does only when it dies."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple, Self


class Received(NamedTuple):
    """One request, as its bytes came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


HANG_UP = b""
"""Close the connection in good order instead of answering."""
RESET = b"reset"
"""Break the connection off instead of answering."""
SILENCE = b"silence"
"""Keep the connection and do not answer."""


def reply(body: object, status: int = 200) -> bytes:
    """Return an answer that keeps the connection open."""
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


class RawServer:
    """Answers each request with the bytes that a function returns for it.

    Args:
        answer: Given a request, returns an answer, or `HANG_UP`, `RESET` or `SILENCE`.
        context: With it the server speaks TLS.
        address: Where it listens.
    """

    def __init__(
        self,
        answer: Callable[[Received], bytes],
        context: ssl.SSLContext | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self.received: list[Received] = []
        self._peers: list[socket.socket] = []
        self._answer = answer
        self._context = context
        self._closed = threading.Event()
        self._listener = socket.create_server(address)
        host, self.port = self._listener.getsockname()
        self.url = f"http{'s' if context else ''}://{host}:{self.port}/torc-service/v1"
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return len(self._peers)

    def count(self, method: str) -> int:
        """Return how many requests of a method came in."""
        return sum(request.method == method for request in self.received)

    def push(self, content: bytes) -> None:
        """Send something further on every connection."""
        for peer in self._peers:
            peer.sendall(content)

    def hang_up(self) -> None:
        """Close every connection, in good order."""
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        self._threads[0].join(100)
        self._listener.close()
        for thread in self._threads:
            thread.join(100)

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            if self._closed.is_set():
                peer.close()
                return
            self._peers.append(peer)
            self._threads.append(threading.Thread(target=self._serve, args=(peer,)))
            self._threads[-1].start()

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(0.1)
        try:
            if self._context is not None:
                peer = self._context.wrap_socket(peer, server_side=True)
            while (request := self._read(peer)) is not None:
                self.received.append(request)
                answer = self._answer(request)
                if answer == SILENCE:
                    self._closed.wait(100)
                if answer == RESET:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if answer in {HANG_UP, RESET, SILENCE}:
                    return
                peer.sendall(answer)
        except OSError:  # the client went first
            pass
        finally:
            peer.close()

    def _read(self, peer: socket.socket) -> Received | None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = self._more(peer)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        while len(body) < int(headers.get("content-length", 0)):
            more = self._more(peer)
            if not more:
                return None
            body += more
        method, target, _ = first.split(" ")
        return Received(method, target, headers, body)

    def _more(self, peer: socket.socket) -> bytes:
        while not self._closed.is_set():
            with contextlib.suppress(TimeoutError):
                return peer.recv(65536)
        return b""
