"""What a plain client waits for: one request after the other, on one kept connection.

    python tests/benchmarks/plain_client.py [--before CHECKOUT] [--jobs 1000 ...] [--rounds 40]

The servers take turns in one run: this one, with `--before` that of another checkout, and a bare
one of asyncio that reads a request and writes an answer: what the machine leaves to any.

Load of others only adds to a time, so a round counts the quickest quarter of its calls; a figure is
the median of the rounds, a ratio that of the ratios within rounds. `kept` is asked while nothing
changes, `changed` each time after a write. Claims and completions change something themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from api import PLENTY, Workflow
from loopback import Connection, Server, request

REFERENCE = {"workflow": 3.0, "pending actions": 4.5, "status": 7.5}
"""How often the time of the reference (a server in Rust) the version of November 2026 took."""
GOAL = 1.2
"""How often it may be taken."""
CALLS = 40
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Client:
    """A plain client of one server, with a workflow of its own."""

    def __init__(self, server: Server, jobs: int) -> None:
        self.server = server
        self.workflow = Workflow(server)
        place = f"/workflows/{self.workflow.id}"
        self.workflow.create(jobs)
        action = {
            "workflow_id": self.workflow.id,
            "trigger_type": "on_workflow_start",
            "action_type": "run_commands",
            "action_config": {"commands": ["true"]},
        }
        server.call("POST", f"{place}/actions", action)
        self.workflow.initialize()
        self.connection = Connection(server.port)
        self.reads = {
            "ping": "/ping",
            "workflow": place,
            "pending actions": f"{place}/actions/pending",
            "status": f"{place}/status",
        }
        event = {"workflow_id": self.workflow.id, "timestamp": 0, "data": {"event_type": "note"}}
        self._change = request("POST", "/events", event)
        self._ask(self._change)  # a connection without a request is closed sooner
        self._claim = request("POST", f"{place}/claim_jobs_based_on_resources/1", PLENTY)

    def measure(self) -> Iterator[tuple[str, float]]:
        """Yield what was measured, and the seconds that each call took, once."""
        for name, path in self.reads.items():
            asked = request("GET", path)
            yield f"{name}, kept", quick(self._ask(asked) for _ in range(CALLS))
            if name != "ping":
                yield f"{name}, changed", quick(self._after_change(asked))
        claims, ends = [], []
        for _ in range(CALLS // 2):
            took, body = self._exchange(self._claim)
            claims.append(took)
            [job] = msgspec.json.decode(body)["jobs"]
            path = f"/jobs/{job['id']}/complete_job/completed/0"
            ends.append(self._ask(request("POST", path, self.workflow.result(job["id"]))))
        yield "claim of one job", quick(claims)
        yield "its completion", quick(ends)

    def _after_change(self, asked: bytes) -> Iterator[float]:
        for _ in range(CALLS):
            self._ask(self._change)
            yield self._ask(asked)

    def _ask(self, asked: bytes) -> float:
        return self._exchange(asked)[0]

    def _exchange(self, asked: bytes) -> tuple[float, bytes]:
        return exchange(self.connection, asked)


class Bare:
    """The same of a server that does nothing."""

    def __init__(self, port: int) -> None:
        self.connection = Connection(port)

    def measure(self) -> Iterator[tuple[str, float]]:
        """Yield the seconds that a call takes."""
        asked = request("GET", "/")
        yield "bare", quick(exchange(self.connection, asked)[0] for _ in range(CALLS))


def quick(took: Iterable[float]) -> float:
    """Return the time within which the quickest quarter is done."""
    return statistics.quantiles(took, n=4)[0]


def exchange(connection: Connection, asked: bytes) -> tuple[float, bytes]:
    """Send a request; return the seconds until its whole answer is there, and its body."""
    connection.send(asked)
    while (body := connection.receive()) is None:
        pass
    return time.perf_counter() - connection.begin, body


class _Bare(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, _data: bytes) -> None:
        self.transport.write(ANSWER)


def _serve_bare(ports: Any) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Bare, "127.0.0.1", 0)
        ports.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def bare_server() -> Iterator[int]:
    """Yield the port of a server that does nothing."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve_bare, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def compare(place: Path, jobs: int, before: Path | None, rounds: int) -> None:
    """Print a table of all servers."""
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        clients: dict[str, Any] = {"bare": Bare(stack.enter_context(bare_server()))}
        for name, checkout in {"now": None, "before": before}.items():
            if name == "now" or before:
                server = Server(place / f"{name}.db", "--log-level", "error", checkout=checkout)
                stack.callback(server.stop)
                clients[name] = Client(server, jobs)
        for client in clients.values():
            list(client.measure())
        for number in range(rounds):
            turns = list(clients.items())
            for name, client in turns if number % 2 else reversed(turns):
                for what, took in client.measure():
                    found.setdefault(what, {}).setdefault(name, []).append(took)
    [bare] = found.pop("bare").values()
    print(f"{jobs:,} jobs; bare: {statistics.median(bare) * 1e6:.0f} us", flush=True)
    for what, by_server in found.items():
        print(line(what, by_server, bare), flush=True)


def line(what: str, by_server: Mapping[str, list[float]], bare: list[float]) -> str:
    """Return what is printed of one kind of request."""
    now = by_server["now"]
    text = f"  {what:25} {statistics.median(now) * 1e6:6.0f} us, {ratio(now, bare):5.1f} x bare"
    if "before" in by_server:
        by_before = ratio(now, by_server["before"])
        text += (
            f", {by_before:.2f} x before ({statistics.median(by_server['before']) * 1e6:.0f} us)"
        )
        if factor := REFERENCE.get(what.partition(",")[0]):
            text += f", {by_before * factor:.2f} x the reference (goal {GOAL})"
    return text


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median ratio of the rounds."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", type=Path, help="another checkout, to be compared with")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1_000])
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    for jobs in options.jobs:
        with tempfile.TemporaryDirectory() as directory:
            compare(Path(directory), jobs, options.before, options.rounds)


if __name__ == "__main__":
    main()
