"""Servers that are no torc server, or that break."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import NamedTuple

from core.client.raw_server import reply

HTML = b"<!DOCTYPE html><html><body>It works!</body></html>"


def _page(status: int, content: bytes, kind: str = "text/html") -> bytes:
    head = f"HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


class Wrong(NamedTuple):
    """What a server sends before it closes the connection."""

    name: str
    answer: bytes | None
    """None breaks the connection off."""
    code: int
    """The exit code of torc."""


COMMON = [
    Wrong("a page", _page(200, HTML), 7),
    Wrong("a number", reply(7), 7),
    Wrong("nothing", b"", 6),
]
"""What every command is tried with."""
RARE = [
    Wrong("a page of an error", _page(404, HTML), 7),
    Wrong("a proxy without its server", _page(502, HTML), 7),
    Wrong("a failure", reply({"error": {"message": "It failed.", "code": "server_error"}}, 500), 7),
    Wrong("a failure without a body", _page(503, b""), 7),
    Wrong("another address", b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 7),
    Wrong("half of the JSON", _page(200, b'{"id": 1, "name', "application/json"), 7),
    Wrong("no JSON", _page(200, b"\xff\xfe\0", "application/json"), 7),
    Wrong("deep JSON", _page(200, b"[" * 100_000, "application/json"), 7),
    Wrong("half of the answer", _page(200, b"x" * 100)[:-50], 6),
    Wrong("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", 6),
    Wrong("bytes", b"\xff\0\xfe" * 100 + b"\r\n\r\n", 6),
    Wrong("an endless header", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", 6),
    Wrong("a broken connection", None, 6),
]


@contextlib.contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Run a server that sends this on every connection; yield its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer, contextlib.suppress(OSError):
                    peer.recv(1 << 20)
                    if answer is None:
                        peer.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                        continue
                    peer.sendall(answer)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(1 << 20):
                        pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/torc-service/v1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(100)
