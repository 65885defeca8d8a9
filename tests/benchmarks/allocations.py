"""Short jobs in three allocations of a Slurm cluster beside one local runner, and a minute's watch.

    PYTHONPATH=tests python tests/benchmarks/allocations.py [--jobs 10000] [--rounds 3]

Local runner and allocations take turns, so that a busy machine slows both: the ratio is the figure
to trust. A rate counts from the start of the first job to the end of the last one. The nodes share
the cores of this machine. Then `--watched` allocations that wait are watched for a minute, and
Slurm's daemons say how often they were asked.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from slurm.asked import accounts, looks
from slurm.cluster.cluster import Cluster
from slurm.cluster.settings import Settings
from slurm.cluster.sharing import own_cluster
from torc_side import RunnerProcess, Torc

from torc_core.client import every_item
from torc_core.clock import SystemClock
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import Poller
from torc_core.model.ids import WorkflowId

NODES = 3
GOAL_RATIO = 1.0
GOAL_LOOKS = 6
MINUTE_S = 60.0


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=2, help="of each runner")
    parser.add_argument("--watched", type=int, default=500, help="allocations")
    chosen = parser.parse_args()
    with (
        own_cluster(Settings(nodes=NODES)) as cluster,
        tempfile.TemporaryDirectory() as name,
    ):
        place = Path(name)
        torc = Torc(place)
        runner = torc.runner()
        try:
            compare(cluster, torc, runner, place, chosen)
        finally:
            runner.stop()
            torc.close()
        watch(cluster, chosen.watched)


def compare(
    cluster: Cluster, torc: Torc, runner: RunnerProcess, place: Path, chosen: argparse.Namespace
) -> None:
    """Run the same jobs by turns, and print the rates."""
    commands = ["true"] * chosen.jobs
    local: list[float] = []
    allocated: list[float] = []
    for number in range(chosen.rounds):
        workflow_id = torc.workflow(commands)
        runner.run(torc.options(workflow_id, chosen.slots))
        local.append(rate(torc, workflow_id, chosen.jobs))
        workflow_id = torc.workflow(commands)
        run_in_allocations(cluster, torc, workflow_id, place / f"slurm{number}", chosen.slots)
        allocated.append(rate(torc, workflow_id, chosen.jobs))
    ratio = statistics.median(a / b for a, b in zip(allocated, local, strict=True))
    print(f"one local runner: {told(local)}")
    print(f"{NODES} nodes: {told(allocated)}, {ratio:.2f} times as fast (goal {GOAL_RATIO})")


def run_in_allocations(
    cluster: Cluster, torc: Torc, workflow_id: WorkflowId, out: Path, slots: int
) -> None:
    """Run a workflow with one allocation on each node, which start at once."""
    out.mkdir()
    worker = f"exec {sys.executable} -m torc_core.hpc.slurm {torc.url} {workflow_id} {out}"
    jobs = [
        cluster.submit(
            worker, "--hold", f"--nodelist={node}", f"--cpus-per-task={slots}", "--mem=1000"
        )
        for node in cluster.nodes
    ]
    cluster.run("scontrol", "release", ",".join(map(str, jobs)))
    for job in jobs:
        ended = cluster.wait_for_end(job, timeout_s=1000)
        assert ended == "COMPLETED", ended


def rate(torc: Torc, workflow_id: WorkflowId, count: int) -> float:
    """Return the jobs per second of a workflow that is complete."""
    results = list(every_item(torc.client.list_results, workflow_id))
    assert len(results) == count, len(results)
    assert {result.return_code for result in results} == {0}
    ends = [datetime.fromisoformat(each.completion_time).timestamp() for each in results]
    began = min(
        end - result.exec_time_minutes * 60 for end, result in zip(ends, results, strict=True)
    )
    return count / (max(ends) - began)


def watch(cluster: Cluster, count: int) -> None:
    """Watch allocations for a minute, and print how often Slurm was asked."""
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda _: cluster.submit("true", "--hold"), range(count)))
    clock = SystemClock()
    poller = Poller(Slurm(clock, Budget(), environ=cluster.environ), clock)
    poller.watch(jobs)
    before, accounted = looks(cluster), accounts(cluster)
    begin = time.monotonic()
    while time.monotonic() - begin < MINUTE_S:
        views = poller.poll()
        time.sleep(0.1)
    asked, accounted = looks(cluster) - before, accounts(cluster) - accounted
    known = sum(view.state == "PENDING" for view in views.values())
    print(
        f"{known} of {count} allocations watched for a minute: {asked} calls of squeue "
        f"(goal at most {GOAL_LOOKS}), {accounted} of sacct"
    )
    cluster.run("scancel", "--me")


def told(rates: list[float]) -> str:
    """Return the median of rates, and their range."""
    return f"{statistics.median(rates):.0f} jobs/s ({min(rates):.0f}-{max(rates):.0f})"


if __name__ == "__main__":
    main()
