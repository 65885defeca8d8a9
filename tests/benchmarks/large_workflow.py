"""A database with one large workflow, made by the server's own rules, and kept for the next time.

Stages: `prepare`, `simulate_<n>` for nine of ten jobs, `reduce_<n>` for nine each, `report`.
Two thirds of the simulations have run, one of a hundred has failed, and some run now.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, insert

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import ClaimedJob, Exchange, JobEnd, JobStart, WorkRequest
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.creation import create_jobs
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.workflows import create_workflow
from torc_server.storage import tables
from torc_server.storage.migrations import migrate
from torc_server.storage.sqlite.database import SQLiteDatabase

T = TypeVar("T")

NAME = "large"
USER = "bench"
RUNNING = 200
_WIDTH = 9
"""How many simulations a reduction waits for."""
_AT_ONCE = 10_000
_CODES = (1, 137, 139, 1, 2)
_PLENTY = ComputeNodesResources(num_cpus=1 << 20, memory_gb=1e6, num_gpus=0, num_nodes=1)


def large_database(directory: Path, jobs: int) -> Path:
    """Return the file; it is made if it is not there yet."""
    path = directory / f"{jobs}-jobs.db"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        database = SQLiteDatabase(part)
        database.create()
        engine = database.writer_engine()
        with engine.connect() as connection:
            migrate(connection, database, 0)
            _Maker(connection).make(jobs)
            connection.commit()
            database.finish(connection)
        engine.dispose()
        part.rename(path)
    return path


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


class _Maker:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._now_ms = int(time.time() * 1000)
        self._seq = count(1)

    def make(self, jobs: int) -> None:
        """Make a workflow of so many jobs, more or less, and run a part of them."""
        connection = self._connection
        with connection.begin():
            workflow = create_workflow(
                connection, Workflow(name=NAME, user=USER), now_ms=self._now_ms
            )
            workflow_id = workflow.id or 0
        simulations = jobs * _WIDTH // (_WIDTH + 1)
        [first] = self._create(workflow_id, [("prepare", ())])
        done = self._create(
            workflow_id, ((f"simulate_{at}", (first,)) for at in range(simulations))
        )
        reduced = self._create(
            workflow_id,
            ((f"reduce_{at}", few) for at, few in enumerate(_batched(done, _WIDTH))),
        )
        self._create(workflow_id, [("report", tuple(reduced))])
        with connection.begin():
            initialize_jobs(connection, workflow_id, now_ms=self._now_ms)
        self._run(self._node(workflow_id), 1 + simulations * 2 // 3)

    def _create(self, workflow_id: int, jobs: Iterable[tuple[str, Sequence[int]]]) -> list[int]:
        ids: list[int] = []
        for some in _batched(jobs, _AT_ONCE):
            wires = [
                Job(
                    workflow_id=workflow_id,
                    name=name,
                    command=f"bash run.sh --case {name}",
                    depends_on_job_ids=list(after) or None,
                )
                for name, after in some
            ]
            with self._connection.begin():
                ids += [job.id or 0 for job in create_jobs(self._connection, wires)]
        return ids

    def _node(self, workflow_id: int) -> int:
        node = {
            "workflow_id": workflow_id, "hostname": "node001", "pid": 1,
            "start_time": self._text(0.0), "is_active": True, "num_cpus": 8, "memory_gb": 16.0,
            "num_gpus": 0, "num_nodes": 1, "compute_node_type": "local", "last_seq": 0,
        }  # fmt: skip
        with self._connection.begin():
            added = self._connection.execute(insert(tables.compute_node).values(node))
        assert added.inserted_primary_key is not None
        return int(added.inserted_primary_key[0])

    def _text(self, seconds: float) -> str:
        moment = datetime.fromtimestamp(self._now_ms / 1000 + seconds, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _run(self, node_id: int, most: int) -> None:
        """Run so many jobs, and begin some more."""
        held: list[ClaimedJob] = []
        done = 0
        while done < most:
            wanted = min(1_000, most - done - len(held)) or RUNNING
            ends = [self._end(done + at, claimed) for at, claimed in enumerate(held)]
            done += len(held)
            held = self._exchange(node_id, ends=ends, most=wanted)
        starts = [
            JobStart(job_id=each.job.id or 0, token=each.token, start_time=self._text(0.0))
            for each in held
        ]
        self._exchange(node_id, starts=starts)

    def _exchange(
        self,
        node_id: int,
        *,
        starts: Sequence[JobStart] = (),
        ends: Sequence[JobEnd] = (),
        most: int = 0,
    ) -> list[ClaimedJob]:
        work = WorkRequest(resources=_PLENTY, max_jobs=most) if most else None
        turn = Exchange(seq=next(self._seq), starts=list(starts), ends=list(ends), work=work)
        with self._connection.begin():
            answer = answer_exchange(self._connection, node_id, turn, now_ms=self._now_ms)
        return answer.reply.jobs

    def _end(self, at: int, claimed: ClaimedJob) -> JobEnd:
        has_failed = at % 100 == 7
        code = _CODES[at // 100 % len(_CODES)] if has_failed else 0
        minutes = (1 + at * 7919 % 600) / 60
        return JobEnd(
            job_id=claimed.job.id or 0,
            token=claimed.token,
            status=JobStatus.FAILED if has_failed else JobStatus.COMPLETED,
            return_code=code,
            exec_time_minutes=minutes,
            start_time=self._text(at / 10),
            completion_time=self._text(at / 10 + minutes * 60),
            peak_memory_bytes=(1 + at * 104_729 % 4096) << 20,
            avg_memory_bytes=(1 + at * 104_729 % 2048) << 20,
            peak_cpu_percent=float(50 + at * 31 % 350),
            avg_cpu_percent=float(40 + at * 31 % 300),
        )
