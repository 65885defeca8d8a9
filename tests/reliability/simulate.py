"""Run workflows in simulated time while everything fails, on the rules and runners that ship.

    PYTHONPATH=tests python tests/reliability/simulate.py --seeds 20000

Rules, storage, migrations and group commit are the server's, on a file in memory; loops, jobs,
timers and reports are the runners'. A seed says what the workflow is, and which requests are lost,
repeated or late, at which statement the server dies, which machines, guards and runners do, which
stand still for longer than their lease, and when the wall clock is set. With `--from 17 --seeds 1`
one seed is replayed; its fingerprint is the same each time. The profile `long` has larger workflows
and the timers that servers have unless they are set; its seeds take four times as long. With
`slices`, all workflows are initialized and deleted in slices, as large ones are.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from reliability.simulation.history import History
from reliability.simulation.hosts import Fired
from reliability.simulation.kept import KeptStore
from reliability.simulation.plans import DEATHS, PROFILES
from reliability.simulation.server import CRASHES
from reliability.simulation.store import new_store

KINDS = (
    *("request lost", "request late", "request duplicated", "reply lost"),
    *CRASHES,
    *DEATHS,
    "guard dies with its runner",
    "canceled",
)
LEAST_SHARE = 0.01
"""Of seeds in which each kind of fault happens."""
REPLAYS = 3
OBJECTS = 100_000
"""After so many new ones garbage is collected; a history has some ten thousand."""


class Totals(NamedTuple):
    """What came of many seeds."""

    seeds: int
    failed: dict[int, list[str]]
    """What was wrong, by seed."""
    fired: Fired
    """In how many seeds each kind of fault happened."""
    expired: int
    late: int

    @property
    def rare(self) -> list[str]:
        """Kinds of faults that happened in too few seeds."""
        return [kind for kind in KINDS if self.fired[kind] < LEAST_SHARE * self.seeds]


def run_seeds(seeds: range, *, profile: str = "all", until_failure: bool = False) -> Totals:
    """Let the histories of seeds happen; one that fails must fail again in the same way."""
    failed: dict[int, list[str]] = {}
    fired: Fired = Counter()
    expired = late = 0
    meaning = PROFILES[profile]
    with new_store(kind=KeptStore) as store, rare_collection():
        for seed in seeds:
            report = History(store, meaning(seed), seed).run()
            fired.update(kind for kind in KINDS if report.fired[kind])
            expired += report.expired
            late += report.late
            if report.problems:
                again = [History(store, meaning(seed), seed).run() for _ in range(REPLAYS)]
                is_same = {each.fingerprint for each in again} == {report.fingerprint}
                same = "replays" if is_same else "does not replay"
                failed[seed] = [*report.problems, same]
                if until_failure:
                    break
    return Totals(len(seeds), failed, fired, expired, late)


@contextmanager
def rare_collection() -> Iterator[None]:
    """Collect garbage rarely: modules and compiled statements stay, and are not looked through."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def run_in_parallel(seeds: range, processes: int, *, profile: str) -> Totals:
    """Do the same in several processes."""
    shares = [seeds[at::processes] for at in range(processes)]
    with get_context("spawn").Pool(processes) as pool:
        parts = pool.map(partial(run_seeds, profile=profile), shares)
    failed = {seed: problems for part in parts for seed, problems in part.failed.items()}
    return Totals(
        len(seeds),
        failed,
        sum((part.fired for part in parts), Counter()),
        sum(part.expired for part in parts),
        sum(part.late for part in parts),
    )


def main() -> int:
    """Run seeds, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--profile", choices=list(PROFILES), default="all", help="what may fail")
    parser.add_argument("--until-failure", action="store_true", help="end with the first failure")
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    begin = time.perf_counter()
    if chosen.processes == 1 or chosen.until_failure:
        totals = run_seeds(seeds, profile=chosen.profile, until_failure=chosen.until_failure)
    else:
        totals = run_in_parallel(seeds, chosen.processes, profile=chosen.profile)
    took_s, cpu_s = time.perf_counter() - begin, _cpu_s()
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {took_s:.0f} s, {cpu_s:.0f} s of CPU", end="")
    print(f", {60 * len(seeds) / cpu_s:,.0f} a minute and core")
    for kind in KINDS:
        print(f"{totals.fired[kind] / totals.seeds:6.1%} of seeds: {kind}")
    print(f"leases that were over: {totals.expired}; late results refused: {totals.late}")
    for seed, problems in sorted(totals.failed.items()):
        print(f"PROBLEM seed {seed}: {'; '.join(problems)}")
    is_whole = chosen.profile == "all" and not totals.failed
    if is_whole and totals.rare and totals.seeds >= 1 / LEAST_SHARE:
        print(f"PROBLEM happened too rarely: {', '.join(totals.rare)}")
        return 1
    print(f"{len(totals.failed)} seeds failed" if totals.failed else "0 violations")
    return int(bool(totals.failed))


def _cpu_s() -> float:
    """Return how long this process and those that have ended have computed."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
