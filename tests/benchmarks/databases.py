"""The same work on SQLite and on PostgreSQL, by turns: claims and reports of many clients.

    PYTHONPATH=tests python tests/benchmarks/databases.py --jobs 4000 --rounds 3

Both have to have on their disk what they answer. CPU is that of the server of torc and of all
processes of PostgreSQL; the elapsed time also has the clients, and whatever else the machine does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from postgresql import DURABLE, Postgres
from reliability.many_servers import CLAIMERS, Claims
from serving import ServerProcess

from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


class Figures:
    """What each kind of database took, by kind."""

    def __init__(self) -> None:
        self.rates: dict[str, list[float]] = {}
        self.cpu_us: dict[str, list[float]] = {}

    def add(self, kind: str, rate: float, cpu_us: float) -> None:
        """Add a round."""
        self.rates.setdefault(kind, []).append(rate)
        self.cpu_us.setdefault(kind, []).append(cpu_us)

    def tell(self) -> None:
        """Print medians, with ranges."""
        for kind, rates in self.rates.items():
            cpu = self.cpu_us[kind]
            print(
                f"{kind}: {statistics.median(rates):,.0f} jobs/s "
                f"({min(rates):,.0f}-{max(rates):,.0f}), CPU {statistics.median(cpu):,.0f} us "
                f"per job ({min(cpu):,.0f}-{max(cpu):,.0f})"
            )


def main() -> None:
    """Take turns, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as name, Postgres(DURABLE) as postgres:
        for number in range(wanted.rounds):
            for kind in ("sqlite", "postgresql"):
                address = postgres.create() if kind == "postgresql" else None
                server = ServerProcess(Path(name) / f"{kind}{number}.db", address=address)
                server.start()
                try:
                    others = [postgres.pid] if address else []
                    figures.add(kind, *measure(server, others, wanted.jobs))
                finally:
                    server.kill()
    figures.tell()


def measure(server: ServerProcess, others: list[int], jobs: int) -> tuple[float, float]:
    """Have clients claim and report all jobs; return jobs per second, and CPU per job in us."""
    assert server.process is not None
    client = server.client()
    workflow = client.create_workflow(Workflow(name="w", user="u"))
    client.create_jobs(
        [Job(workflow_id=workflow.id, name=f"j{at}", command="true") for at in range(jobs)]
    )
    client.initialize_jobs(workflow.id)
    claims = [Claims([server.client()], workflow.id) for _ in range(CLAIMERS)]
    pids = [server.process.pid, *others]
    cpu, begin = cpu_s(pids), time.perf_counter()
    with ThreadPoolExecutor(CLAIMERS) as pool:
        for end in [pool.submit(each.run) for each in claims]:
            end.result()
    return jobs / (time.perf_counter() - begin), (cpu_s(pids) - cpu) / jobs * 1e6


def cpu_s(pids: list[int]) -> float:
    """Return the CPU time of processes and of those that they have started."""
    found = [psutil.Process(pid) for pid in pids]
    every = [each for one in found for each in (one, *one.children())]
    return sum(sum(each.cpu_times()[:4]) for each in every)


if __name__ == "__main__":
    main()
