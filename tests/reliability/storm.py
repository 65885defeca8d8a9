"""Kill real servers and clients of the batch protocol, thousands of jobs long.

    PYTHONPATH=tests python tests/reliability/storm.py --jobs 100000 --kills 1000

Servers are killed at random moments, and at random statements, within a transaction. Runners here
start no processes, which would take most of the time (`tests/campaigns/kills.py` has real ones):
they write a line to a ledger when a job begins and when it ends, keep what they have not reported
in a file, and speak the batch protocol through torc's own client; some exchanges are sent twice.
The next runner reports what the one before it has left. In the end each job must have one result,
no attempt may have begun twice, and none before those that it depends on had ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.processes import Processes, conclude
from msgspec import json as records

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.compute import ComputeNode, ComputeNodesResources
from torc_core.model.exchange import (
    ClaimedJob,
    Exchange,
    ExchangeReply,
    JobEnd,
    JobStart,
    WorkRequest,
)
from torc_core.model.status import JobStatus

TIME = "2024-01-01T00:00:00.000Z"
LARGEST_BATCH = 100
WIDTH = 500
NEEDS = 2
REPEATED = 0.1
"""The share of exchanges that are sent twice; the first reply is thrown away."""
HANG_S = 600.0
MOST_STARTS = 50
STATEMENTS = 400
"""A server that dies within a transaction does so at one of its first this many statements."""
SERVER = """
import os, random, signal
from reliability.simulation import store
from torc_server.storage.sqlite import database
chance = random.Random()
class Points(store.Points):
    left = chance.randrange({statements}) if chance.random() < {share} else -1
    def reach(self, text):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
kind = store.watched(Points())
class Database(database.SQLiteDatabase):
    def __init__(self, path):
        super().__init__(path, kind)
database.SQLiteDatabase = Database
from torc_server.__main__ import main
main()
"""
TESTS = str(Path(__file__).parents[1])
PLENTY = ComputeNodesResources(num_cpus=10_000, memory_gb=10_000.0, num_gpus=0, num_nodes=1)


class Runner:
    """A runner whose jobs are lines in a ledger.

    Args:
        url: The server's.
        workflow_id: Whose jobs it runs.
        folder: Where the ledger and what is not reported are.
        name: Of the runners of which one follows the other.
        batch: How many jobs it claims at a time.
    """

    def __init__(self, url: str, workflow_id: int, folder: Path, name: str, batch: int) -> None:
        self._url = url
        self._workflow_id = workflow_id
        self._batch = batch
        self._ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._spool = folder / f"spool-{name}"
        self._nodes_path = folder / f"nodes-{name}"
        self._chance = random.Random()
        self._client = TorcClient(url)
        self._seq = 0
        self._node_id = 0

    def run(self) -> None:
        """Run jobs until the workflow is complete."""
        earlier = self._earlier_nodes()
        node = ComputeNode(
            workflow_id=self._workflow_id,
            hostname="storm",
            pid=os.getpid(),
            start_time=TIME,
            num_cpus=10_000,
            memory_gb=10_000.0,
            num_gpus=0,
            num_nodes=1,
            compute_node_type="local",
        )
        self._node_id = self._insist(lambda: self._client.create_compute_node(node)).id or 0
        with self._nodes_path.open("a") as file:
            file.write(f"{self._node_id}\n")
        left = self._left_ends()
        starts = [_start(end.job_id, end.token) for end in left]
        reply = self._exchange(starts=starts, ends=left, replaces=earlier)
        self._spool.write_bytes(b"")
        while not (reply.is_complete and not reply.jobs):
            ends = self._execute(reply.jobs)
            starts = [_start(end.job_id, end.token) for end in ends]
            work = WorkRequest(resources=PLENTY, max_jobs=self._batch, by_resources=False)
            wait_s = 0.0 if ends else 1.0
            reply = self._exchange(starts=starts, ends=ends, work=work, wait_seconds=wait_s)
            self._spool.write_bytes(b"")

    def _execute(self, jobs: list[ClaimedJob]) -> list[JobEnd]:
        ends = []
        with self._spool.open("ab", buffering=0) as spool:
            for claimed in jobs:
                job_id = claimed.job.id or 0
                self._note("S", job_id, claimed.token)
                end = _end(job_id, claimed.token)
                self._note("E", job_id, claimed.token)
                spool.write(records.encode(end) + b"\n")
                ends.append(end)
        return ends

    def _note(self, kind: str, job_id: int, token: int) -> None:
        os.write(self._ledger, f"{kind} {job_id} {token}\n".encode())

    def _left_ends(self) -> list[JobEnd]:
        """Return what the runner before has not reported; its last line may be cut off."""
        ends = []
        with contextlib.suppress(FileNotFoundError):
            for line in self._spool.read_bytes().splitlines():
                with contextlib.suppress(ValueError):
                    ends.append(records.decode(line, type=JobEnd))
        return ends

    def _earlier_nodes(self) -> list[int]:
        with contextlib.suppress(FileNotFoundError):
            return [int(line) for line in self._nodes_path.read_text().splitlines()]
        return []

    def _exchange(self, **fields: Any) -> ExchangeReply:
        self._seq += 1
        request = Exchange(seq=self._seq, **fields)
        if self._chance.random() < REPEATED:
            with contextlib.suppress(TorcError):
                self._client.exchange(self._node_id, request)
        return self._insist(lambda: self._client.exchange(self._node_id, request))

    def _insist(self, send: Any) -> Any:
        while True:
            try:
                return send()
            except TorcError:
                time.sleep(0.05)


def _start(job_id: int, token: int) -> JobStart:
    return JobStart(job_id=job_id, token=token, start_time=TIME)


def _end(job_id: int, token: int) -> JobEnd:
    return JobEnd(
        job_id=job_id,
        token=token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=float(token),
        completion_time=TIME,
    )


class Report(NamedTuple):
    """What a storm has left."""

    problems: list[str]
    kills: Counter[str]
    repeated: int
    """Jobs that ran again, under a new token."""
    seconds: float


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
        self.processes = Processes(folder, 1)
        self._needs = dict(enumerate(self._layers(jobs)))
        layers = [
            {"name": f"j{at}", "command": "true", "depends_on": [f"j{need}" for need in needs]}
            for at, needs in self._needs.items()
        ]
        self.processes.create_workflow("storm", layers)
        self._runners: dict[str, subprocess.Popen[bytes]] = {}
        self._names = [f"r{number}" for number in range(runners)]

    def run(self) -> Report:
        """Let it rage, and compare what is left."""
        begin = time.monotonic()
        code = SERVER.format(statements=STATEMENTS, share=0.5)
        self.processes.change_server("-c", code, PYTHONPATH=TESTS)
        for name in self._names:
            self._start(name)
        step = max(1, self._jobs // (self._left + 1))
        next_kill = step
        deadline = begin + HANG_S + self._jobs / 100
        while (done := self._done()) < self._jobs or any(self._alive()):
            if time.monotonic() > deadline:
                return self._compare(time.monotonic() - begin, ["the workflow is stuck"])
            if self.processes.server.poll() is not None:
                self._kills["server within a transaction"] += 1
                self._left -= 1
                self._restart_server()
            if self._left > 0 and done >= next_kill:
                next_kill = done + step
                self._left -= 1
                self._kill()
            for name, process in self._runners.items():
                if process.poll() is not None and done < self._jobs:
                    self._start(name)
            time.sleep(0.02)
        return self._compare(time.monotonic() - begin, [])

    def close(self) -> None:
        """Leave nothing behind."""
        for process in self._runners.values():
            process.kill()
            process.wait()
        self.processes.close()

    def _kill(self) -> None:
        if self._chance.random() < 0.4:
            self._kills["server"] += 1
            self.processes.server.kill()
            self._restart_server()
            return
        name = self._chance.choice(self._names)
        self._kills["runner"] += 1
        self._runners[name].send_signal(signal.SIGKILL)
        self._runners[name].wait()
        self._start(name)

    def _restart_server(self) -> None:
        """Start the next one; it may die while it starts, but not always."""
        for _ in range(MOST_STARTS):
            self.processes.server.communicate()
            try:
                self.processes.start_server()
            except RuntimeError:
                self._kills["server while it started"] += 1
            else:
                return
        raise RuntimeError(f"No server starts; see {self._folder / 'log'}.")

    def _start(self, name: str) -> None:
        program = [sys.executable, __file__, "--runner", name, "--url", self.processes.url]
        program += [
            "--batch",
            str(self._batch),
            "--workflow",
            str(self.processes.workflow_id),
            "--folder",
            str(self._folder),
        ]
        environment = os.environ | {"PYTHONPATH": TESTS}
        self._runners[name] = subprocess.Popen(program, stdin=subprocess.DEVNULL, env=environment)

    def _alive(self) -> Iterator[str]:
        return (name for name, each in self._runners.items() if each.poll() is None)

    def _done(self) -> int:
        try:
            return int(self.processes.ask("SELECT count(*) FROM workflow_result")[0][0])
        except sqlite3.OperationalError:  # while a server recovers the log
            return 0

    def _layers(self, jobs: int) -> Iterator[list[int]]:
        for at in range(jobs):
            first = at // WIDTH * WIDTH
            layer = range(max(0, first - WIDTH), first)
            yield self._chance.sample(layer, NEEDS) if layer else []

    def _compare(self, seconds: float, problems: list[str]) -> Report:
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
        problems += [f"{what}: {items[:10]}" for what, items in found.items() if items]
        repeated = sum(count > 1 for count in attempts.values())
        return Report(problems, self._kills, repeated, seconds)


def main() -> int:
    """Let a storm rage, and print what it has left."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--runners", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runner", help="be the runner of this name")
    for name in ("--url", "--folder"):
        parser.add_argument(name, default="", help="of the runner")
    for name in ("--workflow", "--batch"):
        parser.add_argument(name, type=int, default=0, help="of the runner")
    chosen = parser.parse_args()
    if chosen.runner:
        folder = Path(chosen.folder)
        Runner(chosen.url, chosen.workflow, folder, chosen.runner, chosen.batch).run()
        return 0
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    storm = Storm(
        folder, jobs=chosen.jobs, kills=chosen.kills, seed=chosen.seed, runners=chosen.runners
    )
    try:
        report = storm.run()
    finally:
        storm.close()
    kills = f"{report.kills.total()} kills {json.dumps(report.kills)}"
    print(f"seed {chosen.seed}: {chosen.jobs} jobs in {report.seconds:.0f} s, {kills}")
    print(f"jobs that ran again under a new token: {report.repeated}")
    return conclude(report.problems, folder)


if __name__ == "__main__":
    sys.exit(main())
