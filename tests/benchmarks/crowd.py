"""How long a user waits while others hold, starve and guess.

    python tests/benchmarks/crowd.py [--seconds 20] [--one-address] [--quiet]

One server with passwords of cost 12. A process of its own keeps 1,100 half-open connections, 500
clients that ask for a long list and read nothing, and 50 that try one password after the other,
each as soon as the last was refused. Meanwhile one user asks for a workflow ten times a second, and
others log in for the first time, one per second. The crowd has addresses of its own unless
`--one-address` is given; all are loopback. `--quiet` leaves the crowd out, for comparison.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import platform
import selectors
import socket
import statistics
import tempfile
import time
from base64 import b64encode
from collections import Counter
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path

from loopback import BASE, Server

from torc_server.access import credentials

HALF_OPEN, READERS, GUESSERS = 1_100, 500, 50
JOBS = 5_000
LOGINS_PER_S, REQUESTS_PER_S = 1, 10


def header(user: str, password: str) -> bytes:
    """Return a line of a request."""
    return b"Authorization: Basic " + b64encode(f"{user}:{password}".encode()) + b"\r\n"


def get(path: str, user: str, password: str) -> bytes:
    """Return a request."""
    first = f"GET {BASE}{path} HTTP/1.1\r\nHost: localhost\r\n"
    return first.encode() + header(user, password) + b"\r\n"


class Crowd:
    """The other clients; each opens its connection again when it is closed."""

    def __init__(self, port: int, workflow: int, *, one_address: bool) -> None:
        self._port = port
        self._one_address = one_address
        self._addresses = itertools.count(2)
        self._guesses = itertools.count()
        self._selector = selectors.DefaultSelector()
        self.answers: Counter[bytes] = Counter()
        page = get(f"/jobs?workflow_id={workflow}&limit={JOBS}", "reader", "reader")
        self._kinds = {
            "half-open": (HALF_OPEN, lambda _: b"GET / HTTP/1.1\r\nX: "),
            "reader": (READERS, lambda _: page),
            "guesser": (GUESSERS, self._guess),
        }

    def _guess(self, number: int) -> bytes:
        return get("/ping", f"user{number}", f"guess{next(self._guesses)}")

    def gather(self) -> None:
        """Open all connections."""
        for kind, (count, _) in self._kinds.items():
            for number in range(count):
                self._connect(kind, number, "127.0.0.1" if self._one_address else self._address())

    def _address(self) -> str:
        return f"127.0.0.{next(self._addresses) % 50 + 2}"

    def _connect(self, kind: str, number: int, address: str) -> None:
        client = socket.socket()
        client.settimeout(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        with suppress(OSError):  # it is tried again when this one is seen to be closed
            client.bind((address, 0))
            client.connect(("127.0.0.1", self._port))
            client.sendall(self._kinds[kind][1](number))
        client.setblocking(False)
        interest = selectors.EVENT_READ if kind != "reader" else 0
        if interest:
            self._selector.register(client, interest, (kind, number, address))
        else:
            self._held.append(client)

    _held: list[socket.socket] = []  # noqa: RUF012 - one crowd per process

    def go_on(self, until: float) -> None:
        """Guess on; come again when cut."""
        while time.monotonic() < until:
            for key, _ in self._selector.select(0.1):
                client: socket.socket = key.fileobj  # type: ignore[assignment]
                kind, number, address = key.data
                try:
                    answer = client.recv(65536)
                except OSError:
                    answer = b""
                if answer[:4] == b"HTTP" and kind == "guesser":
                    self.answers[answer[9:12]] += 1
                    client.sendall(self._guess(number))
                elif not answer:
                    self._selector.unregister(client)
                    client.close()
                    self._connect(kind, number, address)


def crowd(port: int, workflow: int, one_address: bool, ready: Event, seconds: float) -> None:
    """Be the crowd."""
    many = Crowd(port, workflow, one_address=one_address)
    many.gather()
    ready.set()
    many.go_on(time.monotonic() + seconds)
    print("guessers were answered", {key.decode(): n for key, n in many.answers.items()})


def ask(port: int, message: bytes) -> tuple[bytes, float]:
    """Send a request on a new connection; return the answer's status, and how long it took."""
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(message)
        answer = client.recv(65536)
    return answer[9:12], time.perf_counter() - begin


def report(what: str, answers: list[tuple[bytes, float]]) -> None:
    """Print a line."""
    took = sorted(each for _, each in answers)
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    statuses = {key.decode(): n for key, n in Counter(status for status, _ in answers).items()}
    print(
        f"{what}: {statuses}, median {statistics.median(took) * 1e3:.1f} ms,"
        f" p99 {p99 * 1e3:.1f} ms, worst {took[-1] * 1e3:.1f} ms"
    )


def measure(port: int, workflow: int, logins: int) -> None:
    """Be the user, and those who log in."""
    requests, first = [], []
    message = get(f"/workflows/{workflow}", "alice", "alice")
    begin = time.monotonic()
    for tick in range(logins * REQUESTS_PER_S // LOGINS_PER_S):
        requests.append(ask(port, message))
        if tick % (REQUESTS_PER_S // LOGINS_PER_S) == 0:
            name = f"new{len(first)}"
            first.append(ask(port, get("/ping", name, name)))
        time.sleep(max(0.0, begin + (tick + 1) / REQUESTS_PER_S - time.monotonic()))
    report("requests of a user", requests)
    report("first requests of users, whose passwords are checked", first)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--one-address", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    print(platform.platform(), platform.python_version(), platform.processor())
    logins = options.seconds * LOGINS_PER_S
    with tempfile.TemporaryDirectory() as directory:
        names = ["alice", "reader", *(f"new{n}" for n in range(logins))]
        auth = Path(directory, "htpasswd")
        auth.write_text("".join(f"{n}:{credentials.hash_password(n)}\n" for n in names))
        server = Server(Path(directory, "torc.db"), "--auth-file", str(auth))
        workflow = server.call("POST", "/workflows", {"name": "w", "user": "u"})["id"]
        jobs = [
            {"workflow_id": workflow, "name": f"job_{n}", "command": "true " * 50}
            for n in range(JOBS)
        ]
        server.call("POST", "/bulk_jobs", {"jobs": jobs})
        for name in ("alice", "reader"):
            ask(server.port, get("/ping", name, name))
        ready = multiprocessing.Event()
        others = multiprocessing.Process(
            target=crowd,
            args=(server.port, workflow, options.one_address, ready, options.seconds + 2),
        )
        if not options.quiet:
            others.start()
            ready.wait(120)
        before, begin = server.cpu_s(), time.monotonic()
        measure(server.port, workflow, logins)
        print(
            f"CPU of the server: {(server.cpu_s() - before) / (time.monotonic() - begin):.2f};"
            f" resident {server.memory_mb()[0]:.0f} MB, at most {server.memory_mb()[1]:.0f} MB"
        )
        if not options.quiet:
            others.join()
        begin = time.monotonic()
        server.stop()
        print(f"ended after {time.monotonic() - begin:.2f} s")


if __name__ == "__main__":
    main()
