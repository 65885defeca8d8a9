"""What every client, the server and the programs that start one agree on."""

from __future__ import annotations

BASE_PATH = "/torc-service/v1"
"""The path that all operations begin with."""
DEFAULT_URL = f"http://localhost:8080{BASE_PATH}"
"""A server on this machine with the port that it has by default."""
PORT_LINE = "TORC_SERVER_PORT="
"""What a server prints, followed by its port, once it listens."""
LOCAL_PORT_LINE = "TORC_SERVER_LOCAL_PORT="
"""What it prints before, if it also listens on loopback."""
