"""One run of many short jobs: does it stay as fast, and does memory stay small?

    python tests/benchmarks/many_jobs.py [--jobs 100000]

The first and the last tenth are compared by the times of completion that the server has stored.
A busy machine slows one or the other, so the CPU time that server and runner used in them is
printed beside.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from loopback import cpu_s
from torc_side import Torc

from torc_core.client import every_item

GOAL_MEMORY_MB = 100
GOAL_DIFFERENCE = "within 10 %"
SAMPLE_S = 0.2


class Sample(NamedTuple):
    """What server and runner have used by a time."""

    time: float
    """Seconds since 1970."""
    cpu_s: float


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    count = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as name:
        torc = Torc(Path(name))
        runner = torc.runner()
        try:
            workflow_id = torc.workflow(["true"] * count)
            samples: list[Sample] = []
            is_over = threading.Event()
            pids = (torc.server.process.pid, runner.process.pid)
            sampler = threading.Thread(target=sample, args=(pids, samples, is_over))
            sampler.start()
            took = runner.run(torc.options(workflow_id, 2))
            is_over.set()
            sampler.join()
            assert took["completed"] == count, took
            results = every_item(torc.client.list_results, workflow_id)
            ends = sorted(datetime.fromisoformat(r.completion_time).timestamp() for r in results)
            tell(ends, samples)
            print(f"all: {count / took['elapsed_s']:.0f} jobs/s")
            print(f"memory of the runner: {took['peak_mb']:.0f} MB (goal {GOAL_MEMORY_MB})")
            print(f"memory of the server: {torc.server.memory_mb()[1]:.0f} MB")
        finally:
            runner.stop()
            torc.close()


def sample(pids: tuple[int, ...], samples: list[Sample], is_over: threading.Event) -> None:
    """Add a sample from time to time."""
    while not is_over.wait(SAMPLE_S):
        samples.append(Sample(time.time(), sum(map(cpu_s, pids))))


def tell(ends: list[float], samples: list[Sample]) -> None:
    """Print rate and CPU of the first and the last tenth, and how they differ."""
    tenth = len(ends) // 10
    parts = {"first": ends[:tenth], "last": ends[-tenth:]}
    rates = {name: tenth / (part[-1] - part[0]) for name, part in parts.items()}
    used = {name: used_us(part, samples) for name, part in parts.items()}
    for name in parts:
        print(f"{name} tenth: {rates[name]:.0f} jobs/s, CPU {used[name]:.0f} us per job")
    print(
        f"last by first: rate {rates['last'] / rates['first']:.2f}, "
        f"CPU {used['last'] / used['first']:.2f} (goal {GOAL_DIFFERENCE})"
    )


def used_us(ends: list[float], samples: list[Sample]) -> float:
    """Return the microseconds of CPU per job between the first and the last of these ends."""
    within = [s for s in samples if ends[0] <= s.time <= ends[-1]]
    span = (ends[-1] - ends[0]) / (within[-1].time - within[0].time)
    return (within[-1].cpu_s - within[0].cpu_s) * span / len(ends) * 1e6


if __name__ == "__main__":
    main()
