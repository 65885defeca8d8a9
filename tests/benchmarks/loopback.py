"""A server of its own process, and clients that cost next to nothing: sockets of this process."""

from __future__ import annotations

import os
import select
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from torc_core.service import PORT_LINE

BASE = "/torc-service/v1"


class Connection:
    """One client: a kept connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begin = 0.0
        self._received = bytearray()

    def send(self, request: bytes) -> None:
        """Send a request."""
        self.begin = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Read what is there; return the body once it is whole.

        Raises:
            RuntimeError: The answer is no 200, or the server went away.
        """
        piece = self.socket.recv(1 << 20)
        self._received += piece
        head, separator, _ = self._received.partition(b"\r\n\r\n")
        if not piece:
            raise RuntimeError("the server closed the connection")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        start = len(head) + len(separator)
        if len(self._received) < start + length:
            return None
        body = bytes(self._received[start:])
        self._received.clear()
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{bytes(head[:40])!r}: {body[:500]!r}")
        return body

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request, wait for its answer, and return that decoded."""
        self.send(request(method, path, body))
        while (answer := self.receive()) is None:
            pass
        return msgspec.json.decode(answer)


def request(method: str, path: str, body: object = None) -> bytes:
    """Return the bytes of a request."""
    data = b"" if body is None else msgspec.json.encode(body)
    head = (
        f"{method} {BASE}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def drive(port: int, clients: int, requests: Iterable[bytes]) -> tuple[list[float], list[bytes]]:
    """Have clients send requests, each its next one when it has its answer.

    Returns:
        Seconds from sending to the whole answer, and the answers.
    """
    waiting = iter(requests)
    took, answers = [], []
    connections = [Connection(port) for _ in range(clients)]
    with selectors.DefaultSelector() as selector:
        for connection, first in zip(connections, waiting, strict=False):
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(first)
        while selector.get_map():
            for key, _ in selector.select():
                body = key.data.receive()
                if body is None:
                    continue
                took.append(time.perf_counter() - key.data.begin)
                answers.append(body)
                following = next(waiting, None)
                if following is None:
                    selector.unregister(key.fileobj)
                else:
                    key.data.send(following)
    for connection in connections:
        connection.socket.close()
    return took, answers


class Server:
    """A server of its own process, on a database of its own; of another checkout on request."""

    def __init__(self, database: Path, *arguments: str, checkout: Path | None = None) -> None:
        self.database = database
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "torc_server", "run", "--port", "0"),
                *("--database", str(database)),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout,
            env=os.environ | ({"PYTHONPATH": str(checkout)} if checkout else {}),
        )
        assert self.process.stdout is not None
        line = ""
        while not line.startswith(PORT_LINE):
            is_ready = select.select([self.process.stdout], [], [], 60)[0]
            if not (is_ready and (line := self.process.stdout.readline())):
                self.stop()
                raise RuntimeError("the server did not start")
        self.port = int(line.removeprefix(PORT_LINE))
        self.call = Connection(self.port).call

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()

    def memory_mb(self) -> tuple[float, float]:
        """Return what it has resident, and the most that it ever had."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines)
        rest, peak = (int(found[key].split()[0]) / 1e3 for key in ("VmRSS", "VmHWM"))
        return rest, peak

    def cpu_s(self) -> float:
        """Return the CPU time that it has used."""
        return cpu_s(self.process.pid)


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_s(pid: int) -> float:
    """Return the same to the nanosecond, without the threads that have ended."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
