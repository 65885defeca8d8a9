"""Break allocations, nodes and daemons of a Slurm cluster at random, and compare what is left.

    PYTHONPATH=tests python tests/campaigns/allocations.py --runs 20 --jobs 300

The jobs are shells that write a line when they start and one when they end. Whatever drives the
workflow submits it, looks at its allocations, and asks for more when none is left. In the end each
job must have completed once, and each request of an allocation must have been submitted once.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from campaigns.processes import Processes, conclude, send
from slurm.cluster.cluster import Cluster
from slurm.cluster.settings import Settings
from slurm.cluster.sharing import own_cluster

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.errors import TorcError
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import Poller
from torc_core.hpc.slurm.requests import is_of_workflow
from torc_core.hpc.slurm.settle import settle_allocations, unfinished_allocations
from torc_core.model.result import LOST_RETURN_CODE

SETTINGS = Settings(nodes=4, preemption="REQUEUE", message_timeout_s=3)
COMMAND = (
    "log=$(readlink /proc/$$/fd/1); name=${{log##*/}}; "
    "echo S $name >>{ledger}; {work}; echo E $name >>{ledger}"
)
LOG = "job_wf{workflow}_j{job}_r{run}_a{attempt}.o"
"""The name of an attempt's log, which is that of the attempt in the ledger."""
LONGEST_S = 3.0
OUTAGE_S = 8.0
ALLOCATIONS = 3
HANG_S = 600.0
LOOK_S = 1.0
FAULTS = {
    "worker": 4,
    "scancel": 3,
    "node": 3,
    "node restarted": 2,
    "preemption": 3,
    "controller": 2,
    "accounting": 2,
    "submitter": 2,
}
"""What is broken, and how often of 21 times."""


class Report(NamedTuple):
    """What a run found."""

    problems: list[str]
    faults: Counter[str]
    allocations: int
    """How many were submitted."""
    repeated: int
    """Jobs that ran again under a new attempt."""
    seconds: float


class Campaign:
    """One workflow on a cluster, and what is done to both.

    Attributes:
        weights: What is broken, and how often in relation to the others.
        no_failures: Return codes of attempts that completed, were stopped with their allocation, or
            lost.

    Args:
        cluster: Only this campaign uses it.
        folder: An empty one.
        seed: Of what is done when.
        jobs: How many there are.
        longest_s: How long a job takes at most.
    """

    weights = FAULTS
    no_failures = frozenset({0, 143, LOST_RETURN_CODE})

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        *,
        seed: int,
        jobs: int,
        longest_s: float = LONGEST_S,
    ) -> None:
        self.processes = Processes(folder, 0)
        self._cluster = cluster
        self._folder = folder
        self._random = random.Random(seed)
        self._jobs = jobs
        self._longest_s = longest_s
        self._ledger = folder / "ledger"
        self._client = TorcClient(self.processes.url)
        self._slurm = Slurm(SystemClock(), Budget(10_000), environ=cluster.environ)
        self._poller = Poller(self._slurm, SystemClock())
        self._submitted: defaultdict[str, set[int]] = defaultdict(set)
        self._next_look = 0.0
        self._done: Counter[str] = Counter()
        self._breaks: dict[str, Callable[[], None]] = {
            "worker": self._kill_worker,
            "scancel": self._cancel,
            "node": lambda: self._lose_node(is_noticed=True),
            "node restarted": lambda: self._lose_node(is_noticed=False),
            "preemption": self._preempt,
            "controller": self._stop_controller,
            "accounting": self._stop_accounting,
            "submitter": self._kill_submitter,
        }

    def run(self, faults: int) -> Report:
        """Break something so many times, and wait until the workflow is complete."""
        started = time.monotonic()
        file = self._folder / "workflow.json"
        file.write_text(json.dumps(self._invent_workflow()))
        self._torc("submit", file)
        chosen = self._random.choices([*self.weights], [*self.weights.values()], k=faults)
        for number, fault in enumerate(chosen, 1):
            self._wait_for_completed(number * self._jobs * 9 // (10 * len(chosen) + 10))
            time.sleep(self._random.uniform(0, 1))
            self._done[fault] += 1
            print(f"{time.strftime('%X')} {fault}", flush=True)
            self._breaks[fault]()
        self._wait_for_completed(self._jobs)
        problems, repeated = self._compare()
        seconds = time.monotonic() - started
        return Report(problems, self._done, len(self._slurm_jobs()), repeated, seconds)

    def close(self) -> None:
        """Leave nothing behind."""
        self._cluster.run("scancel", "--me", "--full", check=False)
        self._client.close()
        self.processes.close()

    def _invent_workflow(self) -> dict[str, object]:
        def command() -> str:
            seconds = round(self._random.uniform(0.0, self._longest_s), 2)
            return self._command(f"sleep {seconds}")

        need = {"name": "small", "num_cpus": 1, "memory": "50m", "runtime": "PT1M"}
        scheduler = {
            "name": "s",
            "account": "project",
            "walltime": "00:20:00",
            "mem": "400M",
            "extra": "--cpus-per-task=4",
        }
        action = {
            "trigger_type": "on_workflow_start",
            "action_type": "schedule_nodes",
            "scheduler": "s",
            "scheduler_type": "slurm",
            "num_allocations": ALLOCATIONS,
        }
        return {
            "name": "chaos",
            "resource_requirements": [need],
            "slurm_schedulers": [scheduler],
            "actions": [action],
            "jobs": [
                {"name": f"j{number}", "command": command(), "resource_requirements": "small"}
                for number in range(self._jobs)
            ],
        }

    def _command(self, work: str) -> str:
        return COMMAND.format(ledger=self._ledger, work=work)

    def _start_torc(self, *words: object) -> subprocess.Popen[bytes]:
        log = (self._folder / "commands").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "torc_tui", *map(str, words)],
                cwd=self._folder,
                env=self._cluster.environ
                | {
                    "TORC_API_URL": self.processes.url,
                    "XDG_STATE_HOME": str(self._folder / "state"),
                    "XDG_CONFIG_HOME": str(self._folder / "config"),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _torc(self, *words: object) -> int:
        return self._start_torc(*words).wait(HANG_S)

    def _workflow_id(self) -> int:
        """Return the id of the only workflow; 0 if it is not created yet."""
        found = self._client.list_workflows().items
        return (found[0].id or 0) if found else 0

    def _wait_for_completed(self, count: int) -> None:
        deadline = time.monotonic() + HANG_S
        completed = "SELECT count(*) FROM job WHERE status = 5"
        while int(self.processes.ask(completed)[0][0]) < count:
            self._drive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited in vain for {count} jobs; see {self._folder}.")
            time.sleep(0.05)

    def _drive(self) -> None:
        """Do what a user does who looks at the workflow now and then."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_S
        workflow_id = self._workflow_id()
        records = self._client.list_scheduled_compute_nodes(workflow_id).items
        self._poller.watch(each.scheduler_id for each in records)
        views = self._poller.poll()
        cluster = self._poller.status().cluster
        settle_allocations(self._client, views, workflow_id, cluster=cluster)
        if self._note_keys(workflow_id) and not unfinished_allocations(self._client, workflow_id):
            self._torc("submit", workflow_id)
            self._torc("slurm", "schedule-nodes", workflow_id, "-n", 2)

    def _note_keys(self, workflow_id: int) -> bool:
        """Note which allocations were ever submitted; return whether Slurm answers."""
        try:
            queue = self._slurm.queue()
        except TorcError:
            return False
        workflow = self._client.get_workflow(workflow_id)
        for each in queue:
            if each.comment and is_of_workflow(workflow, each.comment):
                self._submitted[each.comment].add(each.id)
        return True

    def _slurm_jobs(self) -> set[int]:
        return set().union(*self._submitted.values())

    def _running(self) -> list[int]:
        """Return the allocations that run."""
        try:
            queue = self._slurm.queue()
        except TorcError:
            return []
        ours = self._slurm_jobs()
        return [each.id for each in queue if each.id in ours and each.state.name == "RUNNING"]

    def _kill_worker(self) -> None:
        pids = self.processes.ask("SELECT pid FROM compute_node WHERE is_active")
        if pids:
            send(signal.SIGKILL, [int(self._random.choice(pids)[0])])

    def _cancel(self) -> None:
        running = self._running()
        if running:
            self._cluster.run("scancel", str(self._random.choice(running)))

    def _lose_node(self, *, is_noticed: bool) -> None:
        node = self._random.choice(self._cluster.nodes)
        self._cluster.kill_node(node)
        if is_noticed:
            self._cluster.down_node(node)
        self._cluster.start_node(node)

    def _preempt(self) -> None:
        node = self._random.choice(self._cluster.nodes)
        urgent = ("--partition=short", "--exclusive", f"--nodelist={node}")
        self._cluster.submit("sleep 1", *urgent)

    def _stop_controller(self) -> None:
        self._cluster.stop_controller()
        self._go_on_for(self._random.uniform(0, OUTAGE_S))
        self._cluster.start_controller()

    def _stop_accounting(self) -> None:
        self._cluster.stop_accounting()
        self._go_on_for(self._random.uniform(0, OUTAGE_S))
        self._cluster.start_accounting()

    def _go_on_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._drive()
            time.sleep(0.05)

    def _kill_submitter(self) -> None:
        """Kill one that requests more allocations than it should; the next one goes on."""
        submitter = self._start_torc("slurm", "schedule-nodes", self._workflow_id(), "-n", 2)
        time.sleep(self._random.uniform(0.5, 3.0))
        submitter.kill()
        submitter.wait()

    def _compare(self) -> tuple[list[str], int]:
        """Return what is wrong in ledger, results and queue, and how many jobs ran again."""
        lines = Counter(self._ledger.read_text().splitlines())
        results = self.processes.ask(
            "SELECT job_id, run_id, attempt_id, status, return_code FROM result"
        )
        jobs = self.processes.ask("SELECT id, status FROM job")
        completed = Counter(row[0] for row in results if row[3] == 5)
        starts = Counter(line.split("_")[2] for line in lines if line[0] == "S")
        workflow_id = self._workflow_id()
        self._note_keys(workflow_id)

        def is_in_ledger(job: int, run: int, attempt: int) -> bool:
            log = LOG.format(workflow=workflow_id, job=job, run=run, attempt=attempt)
            return lines[f"S {log}"] == lines[f"E {log}"] == 1

        found = {
            "jobs that are lost": [row for row in jobs if row[1] != 5],
            "jobs that have not completed exactly once": [
                job for job, _ in jobs if completed[job] != 1
            ],
            "attempts that are recorded twice": [
                key for key, count in Counter(row[:3] for row in results).items() if count > 1
            ],
            "results that the ledger does not have": [
                row for row in results if row[3] == 5 and not is_in_ledger(*row[:3])
            ],
            "attempts that were executed twice": [
                line for line, count in lines.items() if count > 1
            ],
            "jobs that failed": [row for row in results if row[4] not in self.no_failures],
            "requests that were submitted twice": [
                (key, *ids) for key, ids in self._submitted.items() if len(ids) > 1
            ],
        }
        problems = [f"{what}: {items[:10]}" for what, items in found.items() if items]
        return problems, sum(count > 1 for count in starts.values())


def run_all(kind: type[Campaign], description: str) -> int:
    """Run campaigns of a kind one after the other on one cluster, and print what they found."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--faults", type=int, default=12, help="in each run")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    code = 0
    with own_cluster(SETTINGS) as cluster:
        for seed in range(chosen.seed, chosen.seed + chosen.runs):
            print(f"seed {seed}", flush=True)
            folder = Path(tempfile.mkdtemp(prefix="slurm-"))
            campaign = kind(cluster, folder, seed=seed, jobs=chosen.jobs)
            try:
                report = campaign.run(chosen.faults)
            finally:
                campaign.close()
            print(
                f"{chosen.jobs} jobs in {report.seconds:.0f} s, {report.allocations} allocations; "
                f"{report.repeated} jobs ran again; broken: {dict(report.faults)}"
            )
            code |= conclude(report.problems, folder)
    return code


if __name__ == "__main__":
    sys.exit(run_all(Campaign, __doc__))
