"""The server over real HTTP, each figure beside raw SQLite doing the same writes.

    python tests/benchmarks/api.py [--only create page ...] [--jobs 100000] [--million]

The server is a process of its own; all clients are sockets of this one, so that they leave the
server its core. The peer is `sqlite3` on a file with the server's schema and durability (WAL,
synchronous=FULL), writing the very rows that the server wrote: a commit per call where the call
is one transaction, else a commit per job. A ratio is the server's time by the peer's, in one run.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from loopback import Server, drive, request

from torc_server.storage.migrations import migrate
from torc_server.storage.sqlite.database import SQLiteDatabase

TIME = "2024-01-01T00:00:00.000Z"
CHUNK = 10_000
"""Jobs per creating call, and rows per transaction of the peer."""
PAGE = 1_000
PLENTY = {"num_cpus": 10_000, "memory_gb": 10_000.0, "num_gpus": 0, "num_nodes": 1}
PARTS = ("create", "initialize", "page", "claim", "complete", "batch")
GOALS = {
    "create": "4 s for 100,000",
    "initialize": "2 s for 100,000",
    "page": "20 ms",
    "claim": "p99 50 ms",
    "complete": "1,000 per second",
}

COMPLETION = (
    """INSERT INTO result (job_id, workflow_id, compute_node_id, completion_time, status, run_id,
    attempt_id, return_code, exec_time_minutes)
    VALUES (:job, :workflow, :node, :time, 5, 0, 1, 0, 0.1)""",
    """INSERT INTO workflow_result (job_id, workflow_id, result_id)
    VALUES (:job, :workflow, last_insert_rowid())""",
    "UPDATE attempt SET ended_at=0, outcome='completed' WHERE job_id=:job",
    "UPDATE job SET status=5, compute_node_id=NULL WHERE id=:job",
    """INSERT INTO event (workflow_id, timestamp, event_type, severity, data)
    VALUES (:workflow, 0, 'job_completed', 1, '{"job_id":1,"job_name":"job_1","run_id":0}')""",
    """UPDATE dependency_set SET remaining=remaining-1 WHERE id IN
    (SELECT set_id FROM dependency_set_member WHERE job_id=:job)""",
)
"""What one completion writes."""


class Workflow:
    """A workflow of layers: each job waits for two of the layer before."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.id = server.call("POST", "/workflows", {"name": "bench", "user": "bench"})["id"]
        node = {
            "workflow_id": self.id,
            "hostname": "h",
            "pid": 1,
            "start_time": TIME,
            "num_cpus": 8,
            "memory_gb": 16.0,
            "num_gpus": 0,
            "num_nodes": 1,
            "compute_node_type": "local",
            "is_active": True,
        }
        self.node_id = server.call("POST", "/compute_nodes", node)["id"]

    def create(self, count: int, chunk: int = CHUNK) -> None:
        """Create jobs, a layer of `chunk` per call; the first layer may start."""
        before: list[int] = []
        for start in range(0, count, chunk):
            jobs: list[dict[str, Any]] = [
                {"workflow_id": self.id, "name": f"job_{at}", "command": f"bash run.sh --case {at}"}
                for at in range(start, min(start + chunk, count))
            ]
            for at, job in enumerate(jobs if before else ()):
                job["depends_on_job_ids"] = [before[at], before[at - 1]]
            reply = self.server.call("POST", "/bulk_jobs", {"jobs": jobs})
            before = [job["id"] for job in reply["jobs"]]

    def initialize(self) -> None:
        """Bring the jobs to their first status."""
        self.server.call("POST", f"/workflows/{self.id}/initialize_jobs")

    def settle(self) -> None:
        """Wait until the writer has put its log away."""
        self.server.call("POST", f"/workflows/{self.id}/claim_next_jobs?limit=0")

    def page(self, offset: int) -> None:
        """Read a page."""
        path = f"/jobs?workflow_id={self.id}&limit={PAGE}&offset={offset}"
        assert len(self.server.call("GET", path)["items"]) == PAGE

    def claim(self, clients: int, calls: int, limit: int) -> tuple[list[float], list[int]]:
        """Claim jobs; return how long each call took, and the ids."""
        path = f"/workflows/{self.id}/claim_jobs_based_on_resources/{limit}"
        took, bodies = drive(
            self.server.port, clients, itertools.repeat(request("POST", path, PLENTY), calls)
        )
        return took, [job["id"] for body in bodies for job in msgspec.json.decode(body)["jobs"]]

    def result(self, job_id: int) -> dict[str, Any]:
        """Return the result of a job."""
        return {
            "job_id": job_id,
            "workflow_id": self.id,
            "run_id": 0,
            "attempt_id": 1,
            "compute_node_id": self.node_id,
            "return_code": 0,
            "exec_time_minutes": 0.1,
            "completion_time": TIME,
            "status": "completed",
        }

    def complete(self, clients: int, job_ids: Sequence[int]) -> list[float]:
        """Complete jobs one by one; return how long each call took."""
        requests = [
            request("POST", f"/jobs/{key}/complete_job/completed/0", self.result(key))
            for key in job_ids
        ]
        return drive(self.server.port, clients, requests)[0]

    def complete_together(self, job_ids: Sequence[int]) -> None:
        """Complete jobs, 1,000 per call."""
        for start in range(0, len(job_ids), 1000):
            completions = [
                {"job_id": key, "run_id": 0, "status": "completed", "result": self.result(key)}
                for key in job_ids[start : start + 1000]
            ]
            body = {"completions": completions}
            path = f"/workflows/{self.id}/batch_complete_jobs"
            reply = self.server.call("POST", path, body)
            assert len(reply["completed"]) == len(completions), reply["errors"][:3]


class Peer:
    """Raw SQLite with the server's schema and durability."""

    def __init__(self, database: Path, model: Path) -> None:
        made = SQLiteDatabase(database)
        made.create()
        engine = made.writer_engine()
        with engine.connect() as connection:
            migrate(connection, made, 0)
        engine.dispose()
        self.connection = sqlite3.connect(database, isolation_level=None)
        for pragma in ("synchronous=FULL", "wal_autocheckpoint=0", "cache_size=-32768"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.model = model

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return rows that the server has written."""
        with closing(sqlite3.connect(f"file:{self.model}?mode=ro", uri=True)) as model:
            return model.execute(query).fetchall()

    def copy(self, *tables: str) -> float:
        """Write the server's rows of tables, a commit per `CHUNK`; return the seconds."""
        found = {table: self.rows(f"SELECT * FROM {table}") for table in tables}
        begin = time.perf_counter()
        for table, rows in found.items():
            marks = ",".join("?" * len(rows[0])) if rows else ""
            for start in range(0, len(rows), CHUNK):
                with self.transaction():
                    self.connection.executemany(
                        f"INSERT INTO {table} VALUES ({marks})", rows[start : start + CHUNK]
                    )
        return time.perf_counter() - begin

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside."""
        self.connection.execute("BEGIN IMMEDIATE")
        yield
        self.connection.execute("COMMIT")


class Bench:
    """Runs parts and prints them."""

    def __init__(self, place: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.server = Server(place / "torc.db")
        self.workflow = Workflow(self.server)
        self.peer = Peer(place / "peer.db", place / "torc.db")
        self.claimed: list[int] = []

    def wanted(self, part: str) -> bool:
        """Return whether a part is to be printed; what later ones stand on is done anyway."""
        return part in self.options.only

    def create(self) -> None:
        """Create jobs with dependencies."""
        count = self.options.jobs
        took = timed(lambda: self.workflow.create(count))
        copied = self.peer.copy(
            *("workflow", "resource_requirements", "job"),
            *("dependency_set", "dependency_set_member", "compute_node"),
        )
        self.tell("create", f"{count:,} jobs, each waits for two: {took:.2f} s", took / copied)

    def initialize(self) -> None:
        """Initialize them."""
        took = timed(self.workflow.initialize)
        jobs = self.peer.rows("SELECT status, input_hash, id FROM job")
        sets = self.peer.rows("SELECT remaining, unsuccessful, id FROM dependency_set")
        begin = time.perf_counter()
        with self.peer.transaction():
            write = self.peer.connection.executemany
            write("UPDATE job SET status=?, input_hash=? WHERE id=?", jobs)
            write("UPDATE dependency_set SET remaining=?, unsuccessful=? WHERE id=?", sets)
        raw = time.perf_counter() - begin
        self.tell("initialize", f"{len(jobs):,} jobs: {took:.2f} s", took / raw)

    def page(self) -> None:
        """Read pages from the middle."""
        offset = self.options.jobs // 2
        took = [timed(lambda: self.workflow.page(offset)) for _ in range(21)]
        query = f"SELECT * FROM job WHERE workflow_id=1 ORDER BY id LIMIT {PAGE} OFFSET {offset}"
        read = self.peer.connection.execute
        raw = statistics.median(timed(lambda: read(query).fetchall()) for _ in range(21))
        middle = statistics.median(took)
        self.tell(
            "page",
            f"{PAGE:,} jobs: {middle * 1e3:.1f} ms, worst {max(took) * 1e3:.1f}",
            middle / raw,
        )

    def claim(self) -> None:
        """Claim from many clients at once."""
        limit, calls = self.options.claim_limit, self.options.calls // self.options.claim_limit
        begin = time.perf_counter()
        took, job_ids = self.workflow.claim(32, calls, limit)
        elapsed = time.perf_counter() - begin
        self.claimed += job_ids
        rows = [(job_id, self.workflow.id, 0, 1, 1, None, None, 0) for job_id in job_ids]
        begin = time.perf_counter()
        for start in range(0, len(rows), limit):
            with self.peer.transaction():
                write = self.peer.connection.executemany
                part = rows[start : start + limit]
                write("UPDATE job SET status=3, token=token+1 WHERE id=?", [r[:1] for r in part])
                write(
                    "INSERT INTO attempt (job_id, workflow_id, run_id, attempt_id, token, "
                    "compute_node_id, claim_seq, claimed_at) VALUES (?,?,?,?,?,?,?,?)",
                    part,
                )
        raw = time.perf_counter() - begin
        self.tell(
            "claim",
            f"32 clients, {len(took)} calls for {limit}: {latency(took)}, "
            f"{len(job_ids) / elapsed:,.0f} jobs/s",
            elapsed / raw,
        )

    def complete(self) -> None:
        """Complete jobs one by one."""
        count = len(self.claimed) // 2
        job_ids, self.claimed = self.claimed[:count], self.claimed[count:]
        before = self.server.cpu_s()
        begin = time.perf_counter()
        took = self.workflow.complete(8, job_ids)
        elapsed = time.perf_counter() - begin
        cpu = (self.server.cpu_s() - before) / count
        raw = self.peer_completes(job_ids)
        self.tell(
            "complete",
            f"8 clients, {count:,} jobs: {count / elapsed:,.0f}/s, {latency(took)}, "
            f"CPU {cpu * 1e6:.0f} us per job",
            elapsed / raw,
        )

    def batch(self) -> None:
        """Complete jobs 1,000 at a time."""
        if not self.claimed:
            return
        took = timed(lambda: self.workflow.complete_together(self.claimed))
        raw = self.peer_completes(self.claimed)
        count = len(self.claimed)
        self.tell("batch", f"{count:,} jobs, 1,000 per call: {count / took:,.0f}/s", took / raw)

    def peer_completes(self, job_ids: Sequence[int]) -> float:
        """Have the peer write what one completion writes, a commit for each."""
        place = {"workflow": self.workflow.id, "node": self.workflow.node_id, "time": TIME}
        begin = time.perf_counter()
        for job_id in job_ids:
            with self.peer.transaction():
                for statement in COMPLETION:
                    self.peer.connection.execute(statement, {"job": job_id, **place})
        return time.perf_counter() - begin

    def tell(self, part: str, text: str, ratio: float) -> None:
        """Print a figure with its ratio to the peer."""
        if self.wanted(part):
            goal = f" (goal {GOALS[part]})" if part in GOALS else ""
            print(f"{part}: {text}{goal}; {ratio:.1f} x raw SQLite", flush=True)


def machine() -> str:
    """Return what the figures are worth."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return f"{os.cpu_count()} cores of {name or platform.machine()}"


def latency(took: Sequence[float]) -> str:
    """Return the middle and the end of a distribution."""
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) - 1, round(len(ordered) * 0.99))]
    return f"median {ordered[len(ordered) // 2] * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms"


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def grow(place: Path, most: int) -> None:
    """Print the server's CPU time per job, and its memory, for ever more jobs in one workflow."""
    print("CPU of the server per job in us; memory at rest, and at its highest, in MB")
    print(
        f"{'jobs':>9} {'create':>7} {'init':>7} {'claim':>7} {'complete':>8}  page ms  rest  peak"
    )
    for count in (10_000, 100_000, 1_000_000):
        if count <= most:
            server = Server(place / f"{count}.db")
            try:
                print(f"{count:9,} {costs(server, count)}", flush=True)
            finally:
                server.stop()


def costs(server: Server, count: int) -> str:
    """Return a row of `grow`."""
    workflow = Workflow(server)
    per_job = []
    for action, jobs in (
        (lambda: workflow.create(count, 1_000), count),
        (workflow.initialize, count),
        (lambda: workflow.claim(32, 400, 1), 400),
    ):
        before = server.cpu_s()
        action()
        workflow.settle()
        per_job.append((server.cpu_s() - before) / jobs * 1e6)
    job_ids = workflow.claim(1, 1, 600)[1]
    before = server.cpu_s()
    workflow.complete(8, job_ids)
    per_job.append((server.cpu_s() - before) / len(job_ids) * 1e6)
    page = statistics.median(timed(lambda: workflow.page(count // 2)) for _ in range(11))
    rest, peak = server.memory_mb()
    create, initialize, claim, complete = per_job
    return (
        f"{create:7.1f} {initialize:7.1f} {claim:7.1f} {complete:8.1f}"
        f"  {page * 1e3:7.1f}  {rest:4.0f}  {peak:4.0f}"
    )


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=8_000, help="jobs to claim and complete")
    parser.add_argument("--claim-limit", type=int, default=1, help="jobs per claim")
    parser.add_argument("--million", action="store_true", help="growth to 1,000,000 jobs instead")
    parser.add_argument("--most", type=int, default=1_000_000, help="where the growth ends")
    options = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        if options.million:
            grow(Path(directory), options.most)
            return
        bench = Bench(Path(directory), options)
        try:
            last = max(PARTS.index(part) for part in options.only)
            for part in PARTS[: last + 1]:
                getattr(bench, part)()
        finally:
            bench.server.stop()


if __name__ == "__main__":
    main()
