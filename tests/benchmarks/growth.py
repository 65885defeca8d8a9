"""What large workflows and many streams cost a server.

    python tests/benchmarks/growth.py [--only initialize read ...] [--jobs 1000000] [--chain 50000]
        [--streams 500] [--keep DIRECTORY]

CPU time of the server, because a busy machine distorts elapsed time, and the most memory that it
had: initializing a workflow whose jobs each wait for two others, the status of one that has run for
a while and pages of its lists, a chain of jobs that are canceled because the first one failed, and
writes while no stream follows the workflow, and while many do.
"""

from __future__ import annotations

import argparse
import platform
import selectors
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from api import Workflow
from large_workflow import large_database
from loopback import Server, drive, request

CLIENTS = 8
WRITES = 2_000
READS = 10
CHUNK = 10_000
PARTS = ("chain", "streams", "initialize", "read")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--chain", type=int, default=50_000)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="where the database is kept for the next time")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        if "chain" in arguments.only:
            cancel_chain(place / "chain.db", arguments.chain)
        if "streams" in arguments.only:
            follow(place / "streams.db", arguments.streams)
        if "initialize" in arguments.only:
            initialize(place / "new.db", arguments.jobs)
        if "read" in arguments.only:
            kept = large_database(arguments.keep or place, arguments.jobs)
            read(Path(shutil.copy(kept, place / "large.db")), arguments.jobs)


def cancel_chain(database: Path, length: int) -> None:
    """Have the first job of a chain fail."""
    with serving(database) as server:
        workflow = Workflow(server)
        last: list[int] = []
        for first in range(0, length, CHUNK):
            jobs = [
                {
                    "workflow_id": workflow.id,
                    "name": f"job_{at}",
                    "command": "false",
                    "depends_on_job_ids": [first - at] if at > first else last,
                    "cancel_on_blocking_job_failure": True,
                }
                for at in range(first, min(first + CHUNK, length))
            ]
            last = [server.call("POST", "/bulk_jobs", {"jobs": jobs})["jobs"][-1]["id"]]
        workflow.initialize()
        [job_id] = workflow.claim(1, 1, 1)[1]
        failed = workflow.result(job_id) | {"status": "failed", "return_code": 1}
        with spent(server, f"a chain of {length:,} jobs canceled"):
            server.call("POST", f"/jobs/{job_id}/complete_job/failed/0", failed)
        canceled = server.call("GET", f"/workflows/{workflow.id}/status")["jobs_by_status"]
        assert canceled["canceled"] == length - 1, canceled


def follow(database: Path, streams: int) -> None:
    """Write while no stream follows the workflow, and while many do."""
    with serving(database) as server:
        workflow_id = Workflow(server).id
        event = {"workflow_id": workflow_id, "timestamp": 0, "data": {"event_type": "note"}}
        for number in (0, streams):
            with (
                following(server.port, workflow_id, number),
                spent(server, f"{WRITES:,} events written, {number} streams, each", per=WRITES),
            ):
                drive(server.port, CLIENTS, [request("POST", "/events", event)] * WRITES)


def initialize(database: Path, jobs: int) -> None:
    """Initialize a new workflow of layers."""
    with serving(database) as server:
        workflow = Workflow(server)
        with spent(server, f"{jobs:,} jobs created, each", per=jobs):
            workflow.create(jobs)
        rest, before = server.memory_mb()
        with spent(server, f"{jobs:,} jobs initialized, each", per=jobs):
            workflow.initialize()
        peak = server.memory_mb()[1]
        print(f"memory: {rest:.0f} MB, at its highest {before:.0f} MB; with it {peak:.0f} MB")


def read(database: Path, jobs: int) -> None:
    """Read what the interface reads of a large workflow."""
    with serving(database) as server:
        middle = jobs // 2
        for path in (
            "/workflows/1/status",
            "/workflows/1/status?include_times=false",
            f"/jobs?workflow_id=1&offset={middle}&limit=200",
            f"/results?workflow_id=1&offset={middle // 2}&limit=200",
            f"/events?workflow_id=1&offset={middle}&limit=200",
        ):
            server.call("GET", path)
            with spent(server, f"GET {path}", per=READS):
                for _ in range(READS):
                    server.call("GET", path)


@contextmanager
def serving(database: Path) -> Iterator[Server]:
    """Yield a server of a database."""
    server = Server(database, "--log-level", "error")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def spent(server: Server, what: str, per: int = 1) -> Iterator[None]:
    """Print what the server spends meanwhile."""
    begin, before = time.perf_counter(), server.cpu_s()
    yield
    cpu, elapsed = server.cpu_s() - before, time.perf_counter() - begin
    print(
        f"{what}: CPU {cpu / per * 1e3:,.2f} ms, elapsed {elapsed / per * 1e3:,.2f} ms", flush=True
    )


@contextmanager
def following(port: int, workflow: int, number: int) -> Iterator[None]:
    """Have clients read streams of a workflow in a thread."""
    is_over = threading.Event()
    selector = selectors.DefaultSelector()
    clients: list[socket.socket] = []
    for _ in range(number):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(request("GET", f"/workflows/{workflow}/events/stream"))
        client.recv(1 << 16)
        selector.register(client, selectors.EVENT_READ)
        clients.append(client)

    def read() -> None:
        while not is_over.is_set():
            for key, _ in selector.select(0.2):
                receiver: Any = key.fileobj
                receiver.recv(1 << 20)

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield
    finally:
        is_over.set()
        reading.join()
        for client in clients:
            with closing(client):
                selector.unregister(client)


if __name__ == "__main__":
    main()
