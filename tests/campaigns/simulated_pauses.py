"""Pause runners for longer than their lease in simulated time, on the rules of the real server.

    PYTHONPATH=tests python tests/campaigns/simulated_pauses.py --pauses 900

Loop, jobs, timers and reports of each runner are the real ones, and so are the server's exchanges,
claims and leases, on a database in memory. A paused runner does nothing; its jobs go on, or stand
still with it. What was sent before arrives.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from core.runner.shared_time import Machine, Time
from core.runner.simulated import EPOCH_MS, World
from msgspec.structs import replace
from server.rules.bench import Bench
from server.rules.conftest import database
from sqlalchemy import select

from torc_core.model.exchange import ClaimedJob, Exchange, ExchangeReply
from torc_core.resources import Resources
from torc_core.runner.server.link import MAX_IN_FLIGHT, ExchangeResult
from torc_server.background.housekeeping import PERIOD_S
from torc_server.rules.attempts.exchange import Answer, answer_exchange, answer_waiting
from torc_server.rules.attempts.leases import LEASE_S, LeaseClock, expire_leases
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.storage import tables

LATENCY_S = 0.005
LONGEST_JOB_S = 2400.0
LONGEST_PAUSE_S = 1500.0
BETWEEN_S = 1200.0
RUNNERS = 3
SLOTS = 3
JOBS = 60
Key = tuple[int, int]
"""A job and the token of its attempt."""


class Server:
    """The rules of the server on a database in memory."""

    def __init__(self, bench: Bench, time: Time) -> None:
        self.bench = bench
        self.links: list[Link] = []
        self.expired = 0
        """How many leases were over."""
        self.lost: set[Key] = set()
        """The attempts that were lost with them."""
        self._time = time
        clock = time.clock
        self._leases = LeaseClock(clock.monotonic(), EPOCH_MS)
        time.at(PERIOD_S, self._keep_house)

    def exchange(self, node_id: int, request: Exchange) -> Answer:
        """Answer an exchange, and those that wait and for which this is news."""
        now_ms = self._time.clock.wall_ms()
        answer = answer_exchange(self.bench.conn, node_id, request, now_ms=now_ms)
        self._time.at(self._time.clock.now, self._tell_news)
        return answer

    def answer_waiting(self, node_id: int, request: Exchange) -> Answer:
        """Answer an exchange again."""
        now_ms = self._time.clock.wall_ms()
        return answer_waiting(self.bench.conn, node_id, request, now_ms=now_ms)

    def _tell_news(self) -> None:
        for link in self.links:
            link.look_for_news()

    def _keep_house(self) -> None:
        clock = self._time.clock
        since = self._leases.expired_before(clock.monotonic(), clock.wall_ms())
        if since is not None:
            self.expired += len(expire_leases(self.bench.conn, since, now_ms=clock.wall_ms()))
            self.lost |= self._lost_attempts()
            self._tell_news()
        self._time.at(clock.now + PERIOD_S, self._keep_house)

    def _lost_attempts(self) -> set[Key]:
        attempt = tables.attempt.c
        query = select(attempt.job_id, attempt.token).where(attempt.outcome == AttemptOutcome.LOST)
        return {(row.job_id, row.token) for row in self.bench.conn.execute(query)}


class Link:
    """A runner's link to the server; see `ServerLink`."""

    def __init__(self, server: Server, machine: Machine, time: Time, node_id: int) -> None:
        self.node_id = node_id
        self._server = server
        self._machine = machine
        self._time = time
        self._sent: dict[int, Exchange] = {}
        self._held: dict[int, tuple[Exchange, Answer]] = {}
        self._results: list[ExchangeResult] = []
        self._seq = 0
        self.is_failing = False

    @property
    def in_flight(self) -> int:
        return len(self._sent)

    @property
    def carries_report(self) -> bool:
        return any(each.ends or each.releases for each in self._sent.values())

    @property
    def can_send(self) -> bool:
        return self.in_flight < MAX_IN_FLIGHT

    def send(self, request: Exchange) -> None:
        self._seq += 1
        self._sent[self._seq] = request = replace(request, seq=self._seq)
        self._after(LATENCY_S, lambda: self._arrive(request))

    def collect(self) -> list[ExchangeResult]:
        results, self._results = self._results, []
        for result in results:
            del self._sent[result.request.seq]
        return results

    def close(self) -> None:
        pass

    def look_for_news(self) -> None:
        """Answer the exchanges that wait for it."""
        for request, first in list(self._held.values()):
            latest = self._server.answer_waiting(self.node_id, request)
            if latest.has_news:
                self._answer(request, first, latest)

    def _arrive(self, request: Exchange) -> None:
        first = self._server.exchange(self.node_id, request)
        if not first.is_superseded:
            for older, answer in list(self._held.values()):
                self._answer(older, answer)
        self._held[request.seq] = request, first
        if first.has_news or request.wait_seconds <= 0:
            self._answer(request, first)
        else:
            self._after(request.wait_seconds, lambda: self._answer(request, first))

    def _answer(self, request: Exchange, first: Answer, latest: Answer | None = None) -> None:
        if self._held.pop(request.seq, None) is None:
            return
        reply = replace((latest or first).reply, outcomes=first.reply.outcomes)
        self._after(LATENCY_S, lambda: self._deliver(request, reply))

    def _deliver(self, request: Exchange, reply: ExchangeReply) -> None:
        self._results.append(ExchangeResult(request, reply))
        self._machine.poke()

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._time.at(self._time.clock.now + seconds, event)


class Report(NamedTuple):
    """What happened in one history, or in several."""

    problems: list[str]
    pauses: int
    fenced: int
    """Completions that were refused, as others had the jobs, and kept."""
    in_time: int
    """Results that count although the lease was over, as no other runner had the job."""


class History:
    """One workflow with its runners, of which one or more are paused again and again.

    Args:
        bench: An empty workflow.
        seed: Of all that happens.
        jobs: How many there are.
    """

    def __init__(self, bench: Bench, seed: int, jobs: int = JOBS) -> None:
        self._random = random.Random(seed)
        self._bench = bench
        self._time = Time()
        self._server = Server(bench, self._time)
        self._started: Counter[Key] = Counter()
        self._ids = [bench.add(f"j{number}") for number in range(jobs)]
        bench.initialize()
        self._machines = [self._add_machine() for _ in range(RUNNERS)]
        self._time.at(self._random.uniform(0, BETWEEN_S), self._pause)

    def run(self) -> Report:
        """Let it happen, and compare all that is left."""
        self._time.run()
        return self._compare()

    def _add_machine(self) -> Machine:
        machine = Machine(self._time)
        link = Link(self._server, machine, self._time, self._bench.add_node())
        self._server.links.append(link)
        world = World(
            Resources(num_cpus=SLOTS, memory_bytes=2**40),
            waker=machine,
            link=link,
            max_parallel_jobs=SLOTS,
        )
        world.processes.run_time_s = self._begin
        world.processes.exit_code = lambda claimed: claimed.token - 1
        machine.start(world.run)
        self._time.machines.append(machine)
        return machine

    def _begin(self, claimed: ClaimedJob) -> float:
        self._started[claimed.job.id or 0, claimed.token] += 1
        return self._random.uniform(1.0, LONGEST_JOB_S)

    def _pause(self) -> None:
        """Pause a machine for longer than its lease, and come back for the next pause."""
        alive = [each for each in self._machines if not each.is_over]
        if not alive:
            return
        machine = self._random.choice(alive)
        if not machine.is_paused:
            machine.is_paused = True
            machine.are_jobs_paused = self._random.random() < 0.5
            length_s = self._random.uniform(LEASE_S + 2 * PERIOD_S, LONGEST_PAUSE_S)
            self._time.at(self._time.clock.now + length_s, machine.resume)
        again_s = self._random.uniform(0, BETWEEN_S)
        self._time.at(self._time.clock.now + again_s, self._pause)

    def _compare(self) -> Report:
        table = tables.result.c
        rows = self._bench.conn.execute(select(table.job_id, table.return_code)).all()
        results = Counter(row.job_id for row in rows)
        counted = {(row.job_id, row.return_code + 1) for row in rows}
        job = tables.job.c
        latest = {
            (row.id, row.token) for row in self._bench.conn.execute(select(job.id, job.token))
        }
        late = Counter(
            (data["job_id"], data["token"])
            for event_type, data in self._bench.events()
            if event_type == "late_result"
        )
        found: dict[str, Collection[Any]] = {
            "attempts that were executed twice": [
                key for key, count in self._started.items() if count > 1
            ],
            "jobs without exactly one result": [
                job_id for job_id in self._ids if results[job_id] != 1
            ],
            "results of attempts that are not their jobs' latest": counted - latest,
            "results of attempts that never started": counted - self._started.keys(),
            "late results that were not kept": self._started.keys() - counted - late.keys(),
            "late results that were kept twice": [key for key, count in late.items() if count > 1],
            "results that count and are called late": counted & late.keys(),
        }
        problems = [f"{what}: {sorted(items)[:10]}" for what, items in found.items() if items]
        in_time = len(self._server.lost & counted)
        return Report(problems, self._server.expired, len(late), in_time)


def main() -> int:
    """Run histories until there were enough pauses, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pauses", type=int, default=900)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"the first seed is {chosen.seed}", flush=True)
    begin = time.perf_counter()
    seed, pauses, fenced, in_time, failed = chosen.seed, 0, 0, 0, 0
    while pauses < chosen.pauses:
        report = simulate(seed)
        pauses += report.pauses
        fenced += report.fenced
        in_time += report.in_time
        failed += bool(report.problems)
        for problem in report.problems:
            print(f"PROBLEM with seed {seed}: {problem}")
        seed += 1
    print(f"{pauses} pauses in {seed - chosen.seed} histories, {time.perf_counter() - begin:.0f} s")
    print(f"late results that were refused and kept: {fenced}")
    print(f"results that count although the lease was over: {in_time}")
    print(f"{failed} histories have problems" if failed else "nothing is wrong")
    return 1 if failed else 0


def simulate(seed: int) -> Report:
    """Let one history happen."""
    with database() as connection:
        return History(Bench(connection), seed).run()


if __name__ == "__main__":
    sys.exit(main())
