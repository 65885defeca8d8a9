"""A server that answers as another one does, with worse texts; it refuses every change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from hostile.payloads import PAYLOADS

_REFUSALS = cycle(PAYLOADS.values())
_HEADERS = {
    "Warning": '299 - "\x9b2JEVIL"',
    "X-Span-ID": "\x9d0;EVIL\x9c",
    "Server": "\x90EVIL\x9c",
    "Retry-After": "\x9b777mEVIL",
    "Location": "http://EVIL/\x9b2J",
}
"""Eight-bit controls: those of seven bits are refused by every client."""


def worse(value: Any, texts: Iterator[str]) -> Any:
    """Return a value with other texts in the places of hostile ones, of any length and with NUL."""
    match value:
        case str():
            return next(texts) if "EVIL" in value else value
        case list():
            return [worse(each, texts) for each in value]
        case dict():
            return {worse(key, texts): worse(each, texts) for key, each in value.items()}
    return value


class _Handler(BaseHTTPRequestHandler):
    server: Malicious
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the other server does, but for the texts."""
        if self.path.endswith("/stream"):
            frame = 'id: 1\r\nevent: \x1b[2JEVIL\r\ndata: {"EVIL": "\x1b]0;EVIL\x07"}\r\n\r\n'
            self._answer(200, frame.encode() * 3, "text/event-stream")
            return
        answer = httpx.get(self.server.origin + self.path, timeout=100)
        body = msgspec.json.encode(worse(answer.json(), cycle(PAYLOADS.values())))
        self._answer(answer.status_code, body)

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        text = next(_REFUSALS)
        error = dict.fromkeys(("message", "hint", "code", "kind", "field", "status"), text)
        body = msgspec.json.encode({"error": error})
        self._answer(422, self.server.refusal or body)

    do_POST = do_PUT = do_DELETE = do_PATCH = _refuse  # noqa: N815 - the library's names

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        head = {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}
        lines = [
            f"HTTP/1.1 {status} \x9b2JEVIL",
            *(f"{name}: {text}" for name, text in head.items()),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Malicious(ThreadingHTTPServer):
    """The server; `refusal` is what it answers to changes, instead of errors as ours have them."""

    daemon_threads = True
    refusal = b""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.origin = url.removesuffix(urlsplit(url).path)
        self.url = f"http://127.0.0.1:{self.server_port}{urlsplit(url).path}"


@contextmanager
def malicious(url: str, refusal: bytes = b"") -> Iterator[str]:
    """Run one in front of another server, and give its address."""
    with Malicious(url) as server:
        server.refusal = refusal
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.url
        server.shutdown()
