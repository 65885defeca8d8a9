"""What it costs to sample 100 running jobs each second, and how soon a memory hog is ended.

    python tests/benchmarks/monitor.py [--jobs 100] [--seconds 20] [--rounds 3] [--before CHECKOUT]

Cost: the CPU time of a runner with monitoring, less that of one without, which takes turns with it.
Jobs stand still (`sleep 600; true`: a shell and its child) or start a process twice a second each.
With `--before`, the runner of another checkout takes its turns too.

Hogs: from the moment at which a job has reached its memory limit until its result says that it was
ended. They take memory at once, by and by, or in children of which none has too much.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from loopback import cpu_s
from torc_side import RunnerProcess, Torc

from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.lifecycle.initialize import initialize_workflow

GOAL_PERCENT = 1.0
GOAL_HOG_S = 2.0
STILL = "sleep 600; true"
CHANGING = "while true; do sleep 0.5; done"
ON = '{"granularity": "time_series", "sample_interval_seconds": 1}'
OFF = '{"enabled": false}'
LIMIT_MIB = 128
TAKE = f"""
import os, sys, time
def reached():
    with open(sys.argv[1], "w") as file:
        file.write(str(time.time()))
LIMIT = {LIMIT_MIB << 20}
time.sleep(float(sys.argv[2]))
"""
HOGS = {
    "at once": "x = bytearray(b'x') * LIMIT; reached(); x *= 2; time.sleep(60)",
    "by and by": """
x, part = [], LIMIT // 64
while True:
    x.append(bytearray(b'x') * part)
    if len(x) == 64: reached()
    if len(x) < 200: time.sleep(0.02)
    else: time.sleep(60)
""",
    "in children": """
for number in range(8):
    if os.fork() == 0:
        x = bytearray(b'x') * (LIMIT // 6)
        time.sleep(60)
        os._exit(0)
    if number == 6: reached()
time.sleep(60)
""",
}


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="another checkout, to be compared with")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        torc = Torc(Path(name))
        try:
            for title, command in (("standing still", STILL), ("changing", CHANGING)):
                compare(torc, title, command, arguments)
            for title, code in HOGS.items():
                times = sorted(end_hogs(torc, Path(name), code, 3 * arguments.rounds))
                print(
                    f"hog, {title}: ended after {statistics.median(times):.2f} s"
                    f" (worst {times[-1]:.2f} of {len(times)}, goal {GOAL_HOG_S})",
                    flush=True,
                )
        finally:
            torc.close()


def compare(torc: Torc, title: str, command: str, arguments: argparse.Namespace) -> None:
    """Print what sampling such jobs costs, now and in the other checkout."""
    versions = {"now": None} | ({"before": arguments.before} if arguments.before else {})
    costs: dict[str, list[float]] = {name: [] for name in versions}
    for _ in range(arguments.rounds):
        for name, checkout in versions.items():
            used = [
                measure(torc, checkout, [command] * arguments.jobs, config, arguments.seconds)
                for config in (ON, OFF)
            ]
            costs[name].append(used[0] - used[1])
    for name, found in costs.items():
        print(
            f"{arguments.jobs} jobs {title}, {name}: {statistics.median(found):.2f} % of a core"
            f" ({min(found):.2f}-{max(found):.2f}, goal {GOAL_PERCENT})",
            flush=True,
        )


def measure(
    torc: Torc, checkout: Path | None, commands: list[str], config: str, seconds: float
) -> float:
    """Return the percentage of a core that a runner uses while these jobs run."""
    workflow_id = torc.workflow(commands, resource_monitor_config=config)
    runner = start(torc, checkout)
    runner.begin(torc.options(workflow_id, len(commands)))
    while torc.client.list_jobs(workflow_id, status="running", limit=1).total_count < len(commands):
        time.sleep(0.1)
    time.sleep(3)
    begin, used = time.perf_counter(), cpu_s(runner.process.pid)
    time.sleep(seconds)
    percent = 100 * (cpu_s(runner.process.pid) - used) / (time.perf_counter() - begin)
    torc.client.cancel_workflow(workflow_id)
    runner.process.communicate()
    return percent


def start(torc: Torc, checkout: Path | None) -> RunnerProcess:
    """Start a runner, of another checkout if one is given."""
    path = os.environ.get("PYTHONPATH")
    if checkout is not None:
        os.environ["PYTHONPATH"] = str(checkout)
    try:
        return torc.runner()
    finally:
        if path is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = path


def end_hogs(torc: Torc, place: Path, code: str, count: int) -> Iterator[float]:
    """Yield the seconds from a job's limit to its end, of one job after the other."""
    script = place / "hog.py"
    script.write_text(TAKE + code)
    for number in range(count):
        reached = place / "reached"
        reached.unlink(missing_ok=True)
        workflow_id = torc.workflow([])
        needs = torc.client.create_resource_requirements(
            ResourceRequirements(
                workflow_id=workflow_id, name="n", memory=f"{LIMIT_MIB}m", runtime="PT1H"
            )
        )
        command = f"{sys.executable} {script} {reached} {number}"
        torc.client.create_job(
            Job(
                workflow_id=workflow_id,
                name="hog",
                command=command,
                resource_requirements_id=needs.id,
            )
        )
        initialize_workflow(torc.client, workflow_id)
        runner = torc.runner()
        runner.run(torc.options(workflow_id, 1) | {"limit_resources": True})
        runner.stop()
        (result,) = torc.client.list_results(workflow_id, all_runs=True).items
        assert result.return_code == 137, result
        ended = datetime.fromisoformat(result.completion_time).timestamp()
        # Beside its data a program needs memory too: it may be ended before it has written.
        yield max(ended - float(reached.read_text()), 0.0) if reached.exists() else 0.0


if __name__ == "__main__":
    main()
