"""How fast the server's rules are, without HTTP: `python tests/benchmarks/server_rules.py`.

Each figure is one run on a database file with the server's own settings, and commits as the
server commits.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import ClaimedJob, Exchange, JobEnd, WorkRequest
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_server.queries.jobs import JobFilter, list_jobs
from torc_server.records.pages import Paging
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.creation import create_jobs
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.large.deletion import delete_workflow
from torc_server.rules.workflows import create_workflow
from torc_server.storage import tables
from torc_server.storage.migrations import migrate
from torc_server.storage.sqlite.database import SQLiteDatabase

NOW = 1_700_000_000_000
TIME = "2024-01-01T00:00:00.000Z"
PLENTY = ComputeNodesResources(num_cpus=10_000, memory_gb=10_000.0, num_gpus=0, num_nodes=1)


class Server:
    """A database with the server's settings, and one runner per workflow."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.seq = 0

    def new_workflow(self) -> tuple[int, int]:
        """Return the ids of a new workflow and its compute node."""
        with self.conn.begin():
            created = create_workflow(self.conn, Workflow(name="w", user="u"), now_ms=NOW)
            assert created.id is not None
            node = {
                "workflow_id": created.id,
                "hostname": "h",
                "pid": 1,
                "start_time": TIME,
                "is_active": True,
                "num_cpus": 8,
                "memory_gb": 16.0,
                "num_gpus": 0,
                "num_nodes": 1,
                "compute_node_type": "local",
                "last_seq": 0,
            }
            inserted = self.conn.execute(insert(tables.compute_node).values(node))
            assert inserted.inserted_primary_key is not None
            return created.id, inserted.inserted_primary_key[0]

    def create(self, workflow_id: int, count: int, after: list[int] | None = None) -> list[int]:
        """Create jobs and return their ids; each gets a list of its own, as from the wire."""
        jobs = [
            Job(
                workflow_id=workflow_id,
                name=f"job_{number}",
                command=f"bash run.sh --case {number}",
                depends_on_job_ids=list(after) if after else None,
            )
            for number in range(count)
        ]
        with self.conn.begin():
            return [job.id or 0 for job in create_jobs(self.conn, jobs)]

    def initialize(self, workflow_id: int) -> None:
        """Bring the jobs of a workflow to their first status."""
        with self.conn.begin():
            initialize_jobs(self.conn, workflow_id, now_ms=NOW)

    def run(self, node_id: int, batch: int, most: int) -> int:
        """Claim and end jobs, `batch` per turn, until none or `most` are done."""
        done = 0
        held: list[ClaimedJob] = []
        while done < most:
            self.seq += 1
            turn = Exchange(
                seq=self.seq,
                ends=[_ended(claimed) for claimed in held],
                work=WorkRequest(resources=PLENTY, max_jobs=batch),
            )
            with self.conn.begin():
                reply = answer_exchange(self.conn, node_id, turn, now_ms=NOW).reply
            done += len(held)
            held = reply.jobs
            if not held:
                break
        return done


def _ended(claimed: ClaimedJob) -> JobEnd:
    return JobEnd(
        job_id=claimed.job.id or 0,
        token=claimed.token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=0.01,
        completion_time=TIME,
        start_time=TIME,
    )


def measure(what: str, action: Callable[[], object], per: int = 1, unit: str = "job") -> None:
    """Print how long an action takes, as a whole and for each of its parts, and its CPU time.

    On a machine with other work the CPU time is the figure to compare.
    """
    begin, begin_cpu = time.perf_counter(), time.process_time()
    action()
    took, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    each = f"  {took / per * 1e3:7.3f} ms, CPU {cpu / per * 1e3:7.3f} ms per {unit}"
    print(f"{what:<56} {took:7.3f} s, CPU {cpu:7.3f} s{each if per > 1 else ''}", flush=True)


@contextmanager
def server() -> Iterator[Server]:
    """Open a new database."""
    with tempfile.TemporaryDirectory() as directory:
        database = SQLiteDatabase(Path(directory) / "torc.db")
        database.create()
        engine = database.writer_engine()
        with engine.connect() as conn:
            migrate(conn, database, 0)
            yield Server(conn)
        engine.dispose()


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    jobs = parser.parse_args().jobs
    with server() as db:
        workflow_id, node_id = db.new_workflow()
        measure(f"create {jobs:,} jobs", lambda: db.create(workflow_id, jobs), jobs)
        measure(f"initialize {jobs:,} jobs", lambda: db.initialize(workflow_id), jobs)
        part = min(jobs // 5, 10_000)
        for batch in (20, 1, 100):
            measure(
                f"claim and complete {part:,} of {jobs:,} jobs, {batch} per turn",
                lambda batch=batch: db.run(node_id, batch, part),
                part,
            )
        pages = Paging(limit=1000, offset=jobs // 2)
        measure(
            f"page of 1,000 of {jobs:,} jobs",
            lambda: list_jobs(db.conn, workflow_id, JobFilter(), pages),
        )
        db.conn.rollback()
        measure("initialize again", lambda: db.initialize(workflow_id))

        wide, wide_node = db.new_workflow()
        first = db.create(wide, 1000)
        measure(
            "create 1,000 jobs that each wait for the same 1,000",
            lambda: db.create(wide, 1000, first),
        )
        measure("initialize them", lambda: db.initialize(wide))
        members = select(func.count()).select_from(tables.dependency_set_member)
        print(f"  rows of dependencies: {db.conn.execute(members).scalar_one():,}")
        db.conn.rollback()
        measure("run all 2,000, 20 per turn", lambda: db.run(wide_node, 20, 2000), 2000)

        def delete() -> None:
            with db.conn.begin():
                delete_workflow(db.conn, workflow_id)

        measure(f"delete the workflow of {jobs:,} jobs", delete)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
