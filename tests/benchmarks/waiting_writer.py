"""How long others wait for their writes while a large workflow is initialized and deleted.

    PYTHONPATH=tests python tests/benchmarks/waiting_writer.py --jobs 200000

A client creates jobs of another workflow, one after the other: on SQLite at the same server, on
PostgreSQL at another one. With `--on` on one kind of database only.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from postgresql import DURABLE, Postgres
from serving import ServerProcess

from torc_core.client import TorcClient
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_server.storage.database import open_database
from torc_server.storage.long_work.unfinished import left_over

KINDS = ("sqlite", "postgresql")
_AT_ONCE = 10_000
_ALONE_S = 5.0
_LOOK_S = 0.05


def main() -> None:
    """Measure each kind, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--on", choices=KINDS)
    wanted = parser.parse_args()
    for kind in KINDS if wanted.on is None else [wanted.on]:
        with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
            servers = []
            address = None
            if kind == "postgresql":
                address = opened.enter_context(Postgres(DURABLE)).create()
            for at in range(2 if address else 1):
                servers.append(ServerProcess(Path(name) / f"{at}.db", address=address))
                servers[-1].start()
                opened.callback(servers[-1].kill)
            measure(kind, servers, wanted.jobs)


def measure(kind: str, servers: list[ServerProcess], jobs: int) -> None:
    """Print how long writes wait at one server for large work at another."""
    here, there = servers[0].client(), servers[-1].client()
    workflow_id, other_id = create(here, jobs), create(there, 1)
    address = servers[0].address
    engine = open_database(address if kind == "postgresql" else Path(address)).reader_engine()

    def delete() -> None:
        here.delete_workflow(workflow_id)
        with engine.connect() as connection:
            while left_over(connection):
                connection.rollback()
                time.sleep(_LOOK_S)

    works: dict[str, Callable[[], object]] = {
        "nothing": lambda: time.sleep(_ALONE_S),
        "initialize": lambda: here.initialize_jobs(workflow_id),
        "delete": delete,
    }
    numbers = count()
    for name, work in works.items():
        waits = list(waits_during(work, there, other_id, numbers))
        took = sum(waits)
        print(
            f"{kind}, {name}: {took:.1f} s; {len(waits)} writes waited "
            f"{statistics.median(waits) * 1e3:.0f} ms, {max(waits):.2f} s at the longest",
            flush=True,
        )


def waits_during(
    work: Callable[[], object], client: TorcClient, workflow_id: WorkflowId, numbers: Iterator[int]
) -> Iterator[float]:
    """Yield what each write took, from before the work until after its end."""
    thread = threading.Thread(target=work)
    thread.start()
    while True:
        is_last = not thread.is_alive()
        begin = time.perf_counter()
        client.create_jobs([Job(workflow_id=workflow_id, name=f"w{next(numbers)}", command="c")])
        yield time.perf_counter() - begin
        if is_last:
            return


def create(client: TorcClient, jobs: int) -> WorkflowId:
    """Create a workflow in which each job waits for two earlier ones."""
    workflow_id = client.create_workflow(Workflow(name="w", user="u")).id
    assert workflow_id is not None
    ids: list[JobId] = []
    for first in range(0, jobs, _AT_ONCE):
        places = range(first, min(first + _AT_ONCE, jobs))
        made = client.create_jobs([_job(workflow_id, at, ids) for at in places])
        ids += [job_id for job in made if (job_id := job.id) is not None]
    return workflow_id


def _job(workflow_id: WorkflowId, at: int, ids: list[JobId]) -> Job:
    earlier = ids[at - _AT_ONCE : at - _AT_ONCE + 2] if at >= _AT_ONCE else None
    return Job(workflow_id=workflow_id, name=f"j{at}", command="c", depends_on_job_ids=earlier)


if __name__ == "__main__":
    main()
