"""Let the server die at each statement and commit, each request fail, and each runner die.

    PYTHONPATH=tests python tests/reliability/crash_points.py

Six workflows run in simulated time, again and again, each time with one more point at which
something ends: before each statement of the server, before and after each of its commits, at either
side of each request, and whenever a runner sleeps. What is left is compared as in `simulate.py`.
The operations of runners and guards on files are tried by `file_points.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from reliability.simulation.history import History
from reliability.simulation.network import Network
from reliability.simulation.plans import Plan, shapes
from reliability.simulation.store import Store, new_store

WIDTH = 50
SHAPES = shapes(WIDTH)
NARROW = {f"narrow {name}": jobs for name, jobs in shapes(20).items() if name.startswith("fan")}
"""Fans whose points take a third of the time."""
STATEMENT = "statement or commit"
RUNNER = "runner dies"
EDGES = ("request lost", "reply lost", "request duplicated", "request late")
LONGEST_S = 120.0
"""Nothing has to wait for the end of a lease."""
NOT_REACHED = "the point was not reached"


class Point(NamedTuple):
    """A moment at which something ends."""

    shape: str
    kind: str
    number: int


class ScriptedNetwork(Network):
    """Fails at one request."""

    fails: tuple[str, int] = ("", 0)

    def _happens(self, what: str, number: int, share: float) -> bool:
        happens = (what, number) == self.fails
        self._fired[what] += happens
        return happens


class PointHistory(History):
    """A workflow of a shape, in which one thing ends."""

    def __init__(self, store: Store, shape: str, kind: str = "", number: int = 0) -> None:
        plan = Plan(jobs=(SHAPES | NARROW)[shape], hosts=0, slots=WIDTH, is_steady=True)
        super().__init__(store, plan, seed=0)
        self.sleeps = 0
        self._kills_at = number if kind == RUNNER else None
        self.network = ScriptedNetwork(self.time, self._chance, plan.weather, self._fired)
        self.network.fails = kind, number
        store.points.count = 0
        if kind == STATEMENT:
            store.points.arm(number)

    def run_to(self) -> list[str]:
        """Let it happen; return what is wrong."""
        self._add_host()
        machine = self.hosts[0].machine
        machine.on_sleep = self._count_sleep
        report = self.run()
        if self.time.clock.now > LONGEST_S:
            report.problems.append(f"it took {self.time.clock.now:.0f} s")
        return report.problems if report.fired.total() else [*report.problems, NOT_REACHED]

    def _count_sleep(self) -> None:
        if self.sleeps == self._kills_at:
            self._fired[RUNNER] += 1
            self.time.at(self.time.clock.now, self._kill)
        self.sleeps += 1

    def _kill(self) -> None:
        host = self.hosts[0]
        host.kill_runner()
        self._after(0.5, host.start_runner)


def points_of(store: Store, shape: str) -> Iterator[Point]:
    """Yield all points of a shape: what a history without faults passes."""
    history = PointHistory(store, shape)
    problems = history.run_to()
    assert problems == [NOT_REACHED], problems
    counts = {STATEMENT: store.points.count, RUNNER: history.sleeps}
    counts |= dict.fromkeys(EDGES, history.network.requests)
    for kind, count in counts.items():
        for number in range(count):
            yield Point(shape, kind, number)


def try_point(store: Store, point: Point) -> list[str]:
    """Let the history of a point happen; return what is wrong."""
    return PointHistory(store, *point).run_to()


class Tried(NamedTuple):
    """What came of all points of a shape."""

    counts: Counter[str]
    failed: dict[Point, list[str]]


def try_all(shape: str) -> Tried:
    """Try all points of a shape."""
    counts: Counter[str] = Counter()
    failed = {}
    with new_store() as store:
        for point in list(points_of(store, shape)):
            counts[point.kind] += 1
            problems = try_point(store, point)
            if problems:
                failed[point] = problems
    return Tried(counts, failed)


def main() -> int:
    """Try all points, and print how many there are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shapes", nargs="*", default=list(SHAPES), help=", ".join(SHAPES | NARROW))
    chosen = parser.parse_args()
    begin = time.process_time()
    total = bad = 0
    for shape in chosen.shapes:
        counts, failed = try_all(shape)
        total += counts.total()
        bad += len(failed)
        print(f"{shape}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}", flush=True)
        for point, problems in failed.items():
            print(f"PROBLEM {point}: {'; '.join(problems)}")
    print(f"{total} points in {time.process_time() - begin:.0f} s of CPU; {bad} violations")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
