"""A client that a server refuses at the sign-in keeps no connection to it."""

from __future__ import annotations

import socket
import threading

from torc_core.client import TorcClient
from torc_tui.screens.servers.sign_in import refusal_of

TIMEOUT_S = 100
REFUSED = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)


def test_a_refused_client_is_closed():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        last = []

        def refuse():
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(TIMEOUT_S)
                while received := connection.recv(65536):
                    last.append(received)
                    connection.sendall(REFUSED)
                last.append(b"")

        answering = threading.Thread(target=refuse, daemon=True)
        answering.start()
        client = TorcClient(f"http://127.0.0.1:{listening.getsockname()[1]}")

        assert refusal_of(client)
        answering.join(TIMEOUT_S)
        assert last[-1] == b"", "the connection stays open"
        assert client.url  # it is not closed because it is forgotten
