"""Kill servers and runners of a large workflow, again and again, and compare all that is left.

    PYTHONPATH=tests python tests/reliability/storm.py --jobs 100000 --kills 1000

Servers are killed at random moments, and at random statements, within a transaction. Runners here
start no processes, which would take most of the time (`tests/campaigns/kills.py` has real ones):
see `storm_runner`. They are killed at random moments, and between lines of the ledger. The next
server or runner starts at once, as `forks` starts processes, without the time that imports take.
In the end each job must have one result, no attempt may have begun twice, and none before those
that it depends on had ended.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from campaigns.processes import Processes, conclude
from forks.processes import Process
from reliability.storm_server import DEATHS, DIES_AT

from torc_core.model.status import JobStatus

LARGEST_BATCH = 100
WIDTH = 500
NEEDS = 2
HANG_S = 300.0
"""A workflow of which no job ends for so long is stuck."""
LOOK_S = 0.005
LATEST_S = 0.05
"""A process is killed up to so long after enough jobs have ended."""
STATEMENTS = 150
"""A server that dies by itself does so at one of its first this many statements."""
SERVER = "server"
BY_THEMSELVES = {"s": 0.6, "r": 0.4}
"""The share of processes that do."""
VICTIMS = {("server",): 4, ("runner",): 12, ("server", "runner"): 2, ("runner", "runner"): 2}
"""Who is killed at once, and how often of 20 times."""


class Report(NamedTuple):
    """What a storm has left."""

    problems: list[str]
    kills: Counter[str]
    repeated: int
    """Jobs that ran again, under a new token."""
    seconds: float
    cpu_s: float
    """That its processes have used."""


class Progress:
    """How many jobs have ended, as the ledger says."""

    def __init__(self, ledger: Path) -> None:
        ledger.touch()
        self._ledger = ledger
        self._read = 0
        self._ends = 0

    def ends(self) -> int:
        """Return how many have by now."""
        with self._ledger.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        self._ends += new.count(b"E")
        return self._ends


class Storm:
    """One workflow of layers, a server, runners, and kills.

    Args:
        folder: An empty one.
        jobs: How many there are.
        kills: How many processes are killed, about half of them servers.
        seed: Of what is killed when.
        runners: How many run at a time.
    """

    def __init__(self, folder: Path, *, jobs: int, kills: int, seed: int, runners: int = 2) -> None:
        self._folder = folder
        self._jobs = jobs
        self._chance = random.Random(seed)
        self._left = kills
        self._batch = min(LARGEST_BATCH, max(4, jobs // (3 * kills)))
        self._kills: Counter[str] = Counter()
        self._problems: list[str] = []
        self._progress = Progress(folder / "ledger")
        self._next_kill = 0
        """How many jobs have to end before."""
        self._due: float | None = None
        """The moment of the next kill, once they have."""
        self.processes = Processes(folder, 1)
        self._needs = dict(enumerate(self._layers(jobs)))
        layers = [
            {"name": f"j{at}", "command": "true", "depends_on": [f"j{need}" for need in needs]}
            for at, needs in self._needs.items()
        ]
        self.processes.create_workflow("storm", layers)
        self._runners = [f"r{number}" for number in range(runners)]
        self._running: dict[str, Process] = {}
        """The server and the runners, by name."""

    def run(self) -> Report:
        """Let it rage, and compare what is left."""
        begin, cpu_s = time.monotonic(), _cpu_s()
        self.processes.server.kill()
        self.processes.server.wait()
        for name in (SERVER, *self._runners):
            self._start(name)
        ends, deadline = 0, begin + HANG_S
        while self._look() and not self._problems:
            now, before, ends = time.monotonic(), ends, self._progress.ends()
            if ends > before:
                deadline = now + HANG_S
            elif now > deadline:
                self._problems.append("the workflow is stuck")
            if self._left > 0:
                self._kill_in_time(ends, now)
            time.sleep(LOOK_S)
        seconds = time.monotonic() - begin
        self._end()
        repeated = self._compare()
        return Report(self._problems, self._kills, repeated, seconds, _cpu_s() - cpu_s)

    def close(self) -> None:
        """Leave nothing behind."""
        self._end()
        self.processes.close()

    def _end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()

    def _look(self) -> bool:
        """Start what follows on processes that died by themselves; return whether runners run."""
        for name, process in [*self._running.items()]:
            code = process.poll()
            if code == -signal.SIGKILL:
                self._count(self._last_death() if name == SERVER else "runner, between lines")
                self._start(name)
            elif code == 0 and name != SERVER:
                del self._running[name]
            elif code is not None:
                self._problems.append(f"{name} ended with exit code {code}")
        return len(self._running) > 1

    def _last_death(self) -> str:
        *_, last = (self._folder / DEATHS).read_text().splitlines()
        return f"server, {last}"

    def _kill_in_time(self, ends: int, now: float) -> None:
        """Kill a moment after enough jobs have ended since the last time."""
        if self._due is None and ends >= self._next_kill:
            self._due = now + self._chance.uniform(0, LATEST_S)
        elif self._due is not None and now >= self._due:
            self._kill()
            self._next_kill = ends + max(1, (self._jobs - ends) // max(1, self._left + 1))
            self._due = None

    def _kill(self) -> None:
        [kinds] = self._chance.choices([*VICTIMS], [*VICTIMS.values()])
        runners = iter(self._chance.sample(self._runners, len(self._runners)))
        victims = [SERVER if kind == SERVER else next(runners) for kind in kinds]
        killed = [name for name in victims if name in self._running]
        for name in killed:
            self._running[name].kill()
        for name in killed:
            self._running[name].wait()
            self._count("server" if name == SERVER else "runner")
            self._start(name)

    def _count(self, kill: str) -> None:
        self._kills[kill] += 1
        self._left -= 1

    def _start(self, name: str) -> None:
        """Start a process that may die by itself, while kills are left."""
        dies = self._left > 0 and self._chance.random() < BY_THEMSELVES[name[0]]
        environment = dict(os.environ)
        if name == SERVER:
            program = "reliability.storm_server"
            arguments = ["run", "--host", "127.0.0.1", "--port", str(self.processes.port)]
            arguments += ["--database", str(self.processes.database)]
            if dies:
                environment[DIES_AT] = str(self._chance.randrange(STATEMENTS))
        else:
            program = "reliability.storm_runner"
            arguments = ["--name", name, "--batch", str(self._batch), "--url", self.processes.url]
            arguments += ["--workflow", str(self.processes.workflow_id)]
            if dies:
                arguments += ["--dies-after", str(self._chance.randrange(1, 6 * self._batch))]
        with (self._folder / "log").open("ab") as log:
            self._running[name] = Process(
                [sys.executable, "-m", program, *arguments],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def _layers(self, jobs: int) -> Iterator[list[int]]:
        for at in range(jobs):
            first = at // WIDTH * WIDTH
            layer = range(max(0, first - WIDTH), first)
            yield self._chance.sample(layer, NEEDS) if layer else []

    def _compare(self) -> int:
        """Compare the ledger and the results; return how many jobs ran again."""
        ask = self.processes.ask
        number_of = {job: int(name[1:]) for job, name in ask("SELECT id, name FROM job")}
        results = ask("SELECT job_id, exec_time_minutes FROM result WHERE return_code = 0")
        per_job = Counter(job for job, _ in results)
        token_of = dict(ask("SELECT id, token FROM job"))
        starts: Counter[tuple[int, int]] = Counter()
        ended: set[int] = set()
        early, ends = [], set()
        for line in (self._folder / "ledger").read_text().splitlines():
            kind, job, token = line[0], *map(int, line[2:].split())
            number = number_of[job]
            if kind == "S":
                starts[job, token] += 1
                early += [number for need in self._needs[number] if need not in ended]
            else:
                ended.add(number)
                ends.add((job, token))
        attempts = Counter(job for job, _ in starts)
        found = {
            "jobs without exactly one result": [j for j in number_of if per_job[j] != 1],
            "results of attempts that are not the latest": [
                row for row in results if token_of[row[0]] != row[1]
            ],
            "results that the ledger does not have": [row for row in results if row not in ends],
            "attempts that began twice": [key for key, count in starts.items() if count > 1],
            "jobs that began too early": early,
            "jobs that are not completed": ask(
                f"SELECT id FROM job WHERE status != {JobStatus.COMPLETED.number}"
            ),
            "counters that are wrong": ask("SELECT id FROM dependency_set WHERE remaining != 0"),
            "damage": [row for row in ask("PRAGMA integrity_check") if row != ("ok",)],
        }
        self._problems += [f"{what}: {items[:10]}" for what, items in found.items() if items]
        return sum(count > 1 for count in attempts.values())


def _cpu_s() -> float:
    """Return what this process and those that it has waited for have used."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> int:
    """Let a storm rage, and print what it has left."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--runners", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    storm = Storm(folder, **vars(chosen))
    try:
        report = storm.run()
    finally:
        storm.close()
    took = f"{report.seconds:.0f} s, {report.cpu_s:.0f} s of CPU"
    print(f"seed {chosen.seed}: {chosen.jobs} jobs in {took}")
    print(f"{report.kills.total()} kills: {json.dumps(report.kills)}")
    print(f"jobs that ran again under a new token: {report.repeated}")
    return conclude(report.problems, folder)


if __name__ == "__main__":
    sys.exit(main())
