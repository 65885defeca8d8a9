"""What a runner does while little happens: how soon one job is done, and what waiting costs.

    python tests/benchmarks/waiting_runner.py [--rounds 50] [--sleeps 200] [--seconds 20]

One job: from the request that makes it ready until its result is stored; the runner has nothing
else. A diamond: what four jobs on three levels take beyond their own time. Sleeps: the CPU that
server, runner and guard use while so many jobs sleep.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from loopback import cpu_s
from torc_side import Torc

from torc_core.model.job import Job
from torc_core.operations.lifecycle.initialize import initialize_workflow

GOAL_ONE_JOB_MS = 10
GOAL_DIAMOND_S = 0.3
GOAL_SLEEPS_PERCENT = 5


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--sleeps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        torc = Torc(Path(name))
        try:
            times = sorted(1000 * seconds for seconds in one_job(torc, arguments.rounds))
            print(
                f"one job: median {statistics.median(times):.1f} ms (goal {GOAL_ONE_JOB_MS}),"
                f" from {times[0]:.1f} to {times[-1]:.1f}, of {len(times)}"
            )
            over = statistics.median(diamond(torc) for _ in range(5))
            print(f"diamond: {over:.3f} s beyond its jobs' time (goal {GOAL_DIAMOND_S})")
            used = sleeps(torc, arguments.sleeps, arguments.seconds)
            parts = ", ".join(f"{name} {percent:.2f} %" for name, percent in used.items())
            print(
                f"{arguments.sleeps} sleeps: {parts}, together {sum(used.values()):.2f} %"
                f" of a core (goal {GOAL_SLEEPS_PERCENT})"
            )
        finally:
            torc.close()


def one_job(torc: Torc, rounds: int) -> Iterator[float]:
    """Yield the seconds that one job takes, again and again."""
    workflow_id = torc.workflow(["true"], compute_node_ignore_workflow_completion=True)
    runner = torc.runner()
    runner.begin(torc.options(workflow_id, 2))
    wait_for_results(torc, 1)
    for number in range(rounds):
        torc.client.create_job(Job(workflow_id=workflow_id, name=f"n{number}", command="true"))
        begin = time.perf_counter()
        torc.client.initialize_jobs(workflow_id, only_uninitialized=True)
        wait_for_results(torc, number + 2)
        yield time.perf_counter() - begin
    runner.stop()


def wait_for_results(torc: Torc, count: int) -> None:
    """Return when so many results are stored; the server, which is measured, is not asked."""
    connection = sqlite3.connect(f"file:{torc.database}?mode=ro", uri=True, timeout=10)
    with contextlib.closing(connection):
        while connection.execute("SELECT count(*) FROM result").fetchone()[0] < count:
            time.sleep(0.0005)


def diamond(torc: Torc) -> float:
    """Return the seconds that a diamond takes beyond the 0.6 s of its jobs."""
    workflow_id = torc.workflow([])
    ids: dict[str, int] = {}
    for name, after in {"a": "", "b": "a", "c": "a", "d": "bc"}.items():
        waits = [ids[other] for other in after]
        job = Job(workflow_id=workflow_id, name=name, command="sleep 0.2", depends_on_job_ids=waits)
        ids[name] = torc.client.create_job(job).id or 0
    initialize_workflow(torc.client, workflow_id)
    runner = torc.runner()
    took = runner.run(torc.options(workflow_id, 2))
    runner.stop()
    assert took["completed"] == len(ids), took
    return took["elapsed_s"] - 0.6


def sleeps(torc: Torc, count: int, seconds: float) -> dict[str, float]:
    """Return the percentages of a core that server, runner and guard use while jobs sleep."""
    workflow_id = torc.workflow([f"sleep {seconds + 60}"] * count)
    runner = torc.runner()
    runner.begin(torc.options(workflow_id, count))
    while torc.client.list_jobs(workflow_id, status="running", limit=1).total_count < count:
        time.sleep(0.1)
    time.sleep(2)
    (guard,) = runner.children()

    def used() -> dict[str, float]:
        return {
            "server": torc.server.cpu_s(),
            "runner": cpu_s(runner.process.pid),
            "guard": cpu_s(guard),
        }

    begin, before = time.perf_counter(), used()
    time.sleep(seconds)
    took, after = time.perf_counter() - begin, used()
    torc.client.cancel_workflow(workflow_id)
    runner.process.communicate()
    return {name: 100 * (after[name] - before[name]) / took for name in after}


if __name__ == "__main__":
    main()
