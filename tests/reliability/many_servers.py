"""Several servers on one PostgreSQL database, and clients that claim from all of them.

    PYTHONPATH=tests python tests/reliability/many_servers.py --jobs 20000 --broken 100

Each client goes to another server with each exchange, as behind an address that spreads requests.
Meanwhile connections of the servers to PostgreSQL are broken, one whenever so many more jobs were
claimed: on a slow machine no oftener than work gets done in between. No job may be given twice, no
client may see an error, and each job must have one result in the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from postgresql import Postgres
from serving import ServerProcess

from torc_core.client import TorcClient
from torc_core.model.compute import ComputeNode, ComputeNodesResources
from torc_core.model.exchange import Exchange, JobEnd, WorkRequest
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow

TIME = "2024-01-01T00:00:00.000Z"
PLENTY = ComputeNodesResources(num_cpus=10_000, memory_gb=10_000.0, num_gpus=0, num_nodes=1)
CLAIMERS = 8
BATCH = 20
WAIT_S = 20.0
_LOOK_S = 0.01
_BREAK_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'torc-server' ORDER BY random() LIMIT 1
"""


class Report(NamedTuple):
    """How it went."""

    problems: list[str]
    jobs: int
    broken: int
    claims_per_s: float


class Claims:
    """One client: claims from one server, reports to the next."""

    def __init__(self, clients: Sequence[TorcClient], workflow_id: int) -> None:
        self._clients = cycle(clients)
        self._workflow_id = workflow_id
        self.claimed: list[int] = []

    def run(self) -> None:
        """Claim and report until the workflow is complete."""
        node = ComputeNode(
            workflow_id=self._workflow_id,
            hostname="h",
            pid=1,
            start_time=TIME,
            num_cpus=10_000,
            memory_gb=10_000.0,
            num_gpus=0,
            num_nodes=1,
            compute_node_type="local",
            is_active=True,
        )
        node_id = next(self._clients).create_compute_node(node).id
        work = WorkRequest(resources=PLENTY, max_jobs=BATCH)
        seq, ends, is_complete = 0, [], False
        while not is_complete:
            seq += 1
            exchange = Exchange(seq=seq, ends=ends, work=work, wait_seconds=WAIT_S)
            reply = next(self._clients).exchange(node_id, exchange, timeout_s=100)
            refused = [each.result for each in reply.outcomes if each.result != "ok"]
            assert not refused, refused
            self.claimed += [each.job.id for each in reply.jobs]
            ends = [_end(each.job.id, each.token) for each in reply.jobs]
            is_complete = reply.is_complete


def _end(job_id: int, token: int) -> JobEnd:
    return JobEnd(
        job_id=job_id,
        token=token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=0.1,
        completion_time=TIME,
    )


def try_servers(
    postgres: Postgres, place: Path, *, jobs: int, broken: int = 0, servers: int = 2
) -> Report:
    """Let clients run the jobs of one workflow through several servers."""
    address = postgres.create()
    running = [ServerProcess(place / f"server{n}.db", address=address) for n in range(servers)]
    for server in running:
        server.start()
    clients = [server.client() for server in running]
    try:
        return _try(postgres, clients, jobs=jobs, broken=broken)
    finally:
        for server in running:
            server.kill()


def _try(postgres: Postgres, clients: list[TorcClient], *, jobs: int, broken: int) -> Report:
    workflow = clients[0].create_workflow(Workflow(name="w", user="u"))
    for first in range(0, jobs, 5_000):
        names = range(first, min(first + 5_000, jobs))
        made = [Job(workflow_id=workflow.id, name=f"j{n}", command="true") for n in names]
        clients[0].create_jobs(made)
    clients[0].initialize_jobs(workflow.id)
    order = [clients[at % len(clients) :] + clients[: at % len(clients)] for at in range(CLAIMERS)]
    claimers = [Claims(each, workflow.id) for each in order]
    is_over = threading.Event()
    begin = time.monotonic()
    with ThreadPoolExecutor(CLAIMERS + 1) as pool:
        breaking = pool.submit(_break_connections, postgres, broken, jobs, claimers, is_over)
        ends = [pool.submit(each.run) for each in claimers]
        errors = [error for end in ends if (error := end.exception()) is not None]
        took = time.monotonic() - begin
        is_over.set()
    given = Counter(job_id for each in claimers for job_id in each.claimed)
    problems = [f"a client failed: {error!r}" for error in errors]
    problems += [f"job {job} was given {times} times" for job, times in given.items() if times > 1]
    results = clients[0].list_results(workflow_id=workflow.id, limit=1).total_count
    if results != jobs:
        problems.append(f"{results} results of {jobs} jobs")
    if "deadlock detected" in postgres.log:
        problems.append("PostgreSQL has found a deadlock")
    return Report(problems, jobs, breaking.result(), jobs / took)


def _break_connections(
    postgres: Postgres,
    number: int,
    jobs: int,
    claimers: Sequence[Claims],
    is_over: threading.Event,
) -> int:
    """Break connections, evenly spread over the claims, and return how many."""
    for done in range(number):
        while sum(len(each.claimed) for each in claimers) * number < done * jobs:
            if is_over.wait(_LOOK_S):
                return done
        postgres.execute(_BREAK_ONE)
    return number


def main() -> int:
    """Try as the command line says, and print how it went."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--broken", type=int, default=0, help="connections that are broken")
    parser.add_argument("--servers", type=int, default=2)
    wanted = parser.parse_args()
    with Postgres() as postgres, tempfile.TemporaryDirectory() as place:
        report = try_servers(
            postgres,
            Path(place),
            jobs=wanted.jobs,
            broken=wanted.broken,
            servers=wanted.servers,
        )
    for problem in report.problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(
        f"{report.jobs:,} jobs, {wanted.servers} servers, {CLAIMERS} clients, "
        f"{report.broken} connections broken: {report.claims_per_s:,.0f} jobs/s, "
        f"{len(report.problems)} problems\n"
    )
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
