"""A way to a server on which some requests get no answer."""

from __future__ import annotations

import http.client
from collections.abc import Callable

from core.client.raw_server import HANG_UP, RawServer, Received
from serving import ServerProcess

_FORWARDED = ("content-type", "authorization", "idempotency-key")


def forwarding(server: ServerProcess, is_cut: Callable[[Received], bool]) -> RawServer:
    """Return a server that forwards requests; it hangs up instead of answering some.

    Args:
        server: Carries out all requests.
        is_cut: Whether a request, which was carried out, gets no answer.
    """

    def answer(request: Received) -> bytes:
        headers = {name: value for name, value in request.headers.items() if name in _FORWARDED}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
        try:
            connection.request(request.method, request.target, request.body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if is_cut(request):
            return HANG_UP
        head = f"HTTP/1.1 {response.status} Status\r\nContent-Type: application/json\r\n"
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content

    return RawServer(answer)
