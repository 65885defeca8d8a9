"""What a plain client waits for: one request after the other, on one kept connection.

    python tests/benchmarks/plain_client.py [--before CHECKOUT] [--jobs 1000 ...] [--rounds 40]

The servers take turns in one run: this one, with `--before` that of another checkout, and a bare
one of asyncio that reads a request and writes an answer: what the machine leaves to any.

Load of others only adds to a time, so a round counts the quickest quarter of its calls; a figure is
the median of the rounds, a ratio that of the ratios within rounds: of the time that a request took,
and of the server's CPU time. `kept` is asked while nothing changes, `changed` each time after a
write of something else, and `its own` after one of what it shows. Claims and completions change
something themselves.
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
from itertools import count, islice, repeat
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from api import PLENTY, Workflow
from loopback import Connection, Server, request, run_s

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
            "persistent": True,
        }
        action_id = server.call("POST", f"{place}/actions", action)["id"]
        self._own: dict[str, Iterator[bytes]] = {
            "workflow": (request("PUT", place, {"description": str(at)}) for at in count()),
            "pending actions": repeat(request("POST", f"{place}/actions/{action_id}/claim", {})),
        }
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

    def measure(self) -> Iterator[tuple[str, Cost]]:
        """Yield what was measured, and what a call costs, once."""
        for name, path in self.reads.items():
            asked = request("GET", path)
            yield f"{name}, kept", quick(self._ask(asked)[0] for _ in range(CALLS))
            yield f"{name}, changed", quick(self._after(repeat(self._change, CALLS), asked))
            if own := self._own.get(name):
                yield f"{name}, its own", quick(self._after(islice(own, CALLS), asked))
        status = request("GET", self.reads["status"])
        claims, ends, statuses = [], [], []
        for _ in range(CALLS // 2):
            claim, body = self._ask(self._claim)
            claims.append(claim)
            statuses.append(self._ask(status)[0])
            [job] = msgspec.json.decode(body)["jobs"]
            path = f"/jobs/{job['id']}/complete_job/completed/0"
            ends.append(self._ask(request("POST", path, self.workflow.result(job["id"])))[0])
        yield "claim of one job", quick(claims)
        yield "its completion", quick(ends)
        yield "status, its own", quick(statuses)

    def _after(self, changes: Iterable[bytes], asked: bytes) -> Iterator[Cost]:
        for change in changes:
            self._ask(change)
            yield self._ask(asked)[0]

    def _ask(self, asked: bytes) -> tuple[Cost, bytes]:
        return exchange(self.connection, asked, self.server.process.pid)


class Bare:
    """The same of a server that does nothing."""

    def __init__(self, port: int, pid: int) -> None:
        self.connection = Connection(port)
        self.pid = pid

    def measure(self) -> Iterator[tuple[str, Cost]]:
        """Yield what a call costs."""
        asked = request("GET", "/")
        yield "bare", quick(exchange(self.connection, asked, self.pid)[0] for _ in range(CALLS))


class Cost(NamedTuple):
    """What one request costs, in seconds."""

    took: float
    """Until its whole answer is there."""
    cpu: float
    """CPU time of the server."""


def quick(costs: Iterable[Cost]) -> Cost:
    """Return what the quickest quarter does not exceed."""
    return Cost(*(statistics.quantiles(each, n=4)[0] for each in zip(*costs, strict=True)))


def exchange(connection: Connection, asked: bytes, pid: int) -> tuple[Cost, bytes]:
    """Send a request to a server; return what it costs, and the body of its answer."""
    before = run_s(pid)
    connection.send(asked)
    while (body := connection.receive()) is None:
        pass
    took = time.perf_counter() - connection.begin
    return Cost(took, run_s(pid) - before), body


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
def bare_server() -> Iterator[Bare]:
    """Yield a client of a server that does nothing."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve_bare, args=(theirs,))
    process.start()
    try:
        assert process.pid is not None
        yield Bare(ours.recv(), process.pid)
    finally:
        process.terminate()
        process.join()


def compare(place: Path, jobs: int, before: Path | None, rounds: int) -> None:
    """Print a table of all servers."""
    found: dict[str, dict[str, list[Cost]]] = {}
    with ExitStack() as stack:
        clients: dict[str, Any] = {"bare": stack.enter_context(bare_server())}
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
                for what, cost in client.measure():
                    found.setdefault(what, {}).setdefault(name, []).append(cost)
    [bare] = found.pop("bare").values()
    print(f"{jobs:,} jobs; bare: {shown([cost.took for cost in bare])}", flush=True)
    for what, by_server in found.items():
        for kind in Cost._fields:
            figures = {
                name: [getattr(cost, kind) for cost in costs] for name, costs in by_server.items()
            }
            print(line(f"{what}, {kind}", figures), flush=True)


def line(what: str, by_server: Mapping[str, list[float]]) -> str:
    """Return what is printed of one kind of request."""
    now = by_server["now"]
    text = f"  {what:30} {shown(now)}"
    if "before" in by_server:
        before = by_server["before"]
        ratio = statistics.median(one / other for one, other in zip(now, before, strict=True))
        text += f", before {shown(before)}: {ratio:.2f}"
        if factor := REFERENCE.get(what.partition(",")[0]):
            text += f", {ratio * factor:.2f} of the reference (goal {GOAL})"
    return text


def shown(seconds: list[float]) -> str:
    """Return the median of some times."""
    return f"{statistics.median(seconds) * 1e6:5.0f} us"


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
