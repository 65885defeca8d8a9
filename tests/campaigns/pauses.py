"""Stop runners for longer than their lease, let others take their jobs, and let them go on.

    PYTHONPATH=tests python tests/campaigns/pauses.py --pauses 100

Two runners share a workflow. Each time one of them stands still: alone, with its guard, or with its
jobs as well, as on a machine that was suspended. When it goes on it knows nothing of that. A job's
exit code says which attempt it was, so that no attempt's result can pass for another's.
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
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.processes import Processes, conclude, send

from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE

COMMAND = (
    "echo S $TORC_JOB_ID $TORC_ATTEMPT_ID | tee -a {ledger}; sleep {seconds}; "
    "echo E $TORC_JOB_ID $TORC_ATTEMPT_ID | tee -a {ledger}; exit $((TORC_ATTEMPT_ID - 1))"
)
LONGEST_S = 2.5
LEASE_S = 2.0
HEARTBEAT_S = 0.4
SHORT_SHARE = 0.75
TAKEN_SHARE = 0.75
"""How often others have taken jobs before a runner goes on."""
JOBS_PER_PAUSE = 10
HANG_S = 120.0
TIMERS = (
    *("--heartbeat-interval-secs", str(HEARTBEAT_S)),
    *("--lost-after-secs", str(LEASE_S)),
)
RUNNERS = ("a", "b")
OF_RUNNER = "PAUSED_WITH"
"""The variable that all processes of a runner have, and no others."""
VICTIMS = {
    "runner": lambda line: "torc_tui" in line,
    "runner and guard": lambda line: "torc_tui" in line or "torc_core.runner.guard" in line,
    "machine": lambda line: True,
}
"""What stands still: which command lines."""
Key = tuple[int, int]
"""A job and the number of its attempt."""


class Late(NamedTuple):
    """What the server has kept of a refused completion."""

    status: str
    return_code: int


class Report(NamedTuple):
    """What a campaign found."""

    problems: list[str]
    pauses: Counter[str]
    taken: int
    """Attempts of paused runners whose jobs others had taken before it went on."""
    in_time: int
    """Attempts whose runners had lost them, and whose results count as no other had them."""
    late: Counter[str]
    """Late results that were kept, by status."""
    seconds: float


class Campaign:
    """One workflow, and what is done to its runners.

    Args:
        folder: An empty one.
        seed: Of what is done when.
        pauses: How many there are.
        slots: How many jobs each runner may run at once.
    """

    def __init__(self, folder: Path, *, seed: int, pauses: int, slots: int = 4) -> None:
        self._random = random.Random(seed)
        self._pauses = pauses
        self._ledger = folder / "ledger"
        self._done: Counter[str] = Counter()
        self._taken = 0
        self._lost: set[Key] = set()
        self._runners: dict[str, subprocess.Popen[bytes]] = {}
        self.processes = Processes(folder, slots, TIMERS)
        self.processes.create_workflow("pauses", self._invent_jobs())

    def run(self) -> Report:
        """Pause runners so many times, and then wait until the workflow is complete."""
        started = time.monotonic()
        for name in RUNNERS:
            self._runners[name] = self.processes.start_runner(
                "--poll-interval", str(HEARTBEAT_S), **{OF_RUNNER: self._mark(name)}
            )
        for number in range(self._pauses):
            self._pause(RUNNERS[number % 2], [*VICTIMS][number % 3])
        codes = {name: runner.wait(HANG_S * 5) for name, runner in self._runners.items()}
        problems = [f"runner {name} left with {code}" for name, code in codes.items() if code != 1]
        return self._compare(problems, time.monotonic() - started)

    def _invent_jobs(self) -> list[dict[str, Any]]:
        return [
            {
                "name": f"j{number}",
                "command": COMMAND.format(ledger=self._ledger, seconds=self._invent_seconds()),
            }
            for number in range(self._pauses * JOBS_PER_PAUSE)
        ]

    def _invent_seconds(self) -> float:
        """Return how long a job takes: most end in a pause, and some go on after it."""
        longest_s = LONGEST_S if self._random.random() < SHORT_SHARE else 4 * LONGEST_S
        return round(self._random.uniform(0.1, longest_s), 2)

    def _pause(self, name: str, victim: str) -> None:
        """Pause a runner that has a job until its lease is over, or others have its jobs."""
        pid = self._runners[name].pid
        self._wait_for(lambda: self._held(pid), f"a job of runner {name}")
        time.sleep(self._random.uniform(0, 0.5))
        stopped, since = self._stop(name, victim), time.monotonic()
        try:
            self._wait_for(
                lambda: time.monotonic() - since > LEASE_S and not self._is_active(pid),
                "the end of the lease",
            )
            held = self._lost_with(pid)
            if held and self._random.random() < TAKEN_SHARE:
                self._wait_for(lambda: held - self._current(), f"others to take {held}")
                time.sleep(self._random.uniform(0, LONGEST_S))
            taken = held - self._current()
        finally:
            send(signal.SIGCONT, stopped)
        self._lost |= held
        self._taken += len(taken)
        self._done[victim] += 1
        said = f"{victim} {name}: {len(held)} jobs, {len(taken)} taken"
        print(time.strftime("%X"), said, flush=True)
        self._wait_for(lambda: self._is_active(pid), f"runner {name} to be heard again")

    def _stop(self, name: str, victim: str) -> set[int]:
        """Stop the processes, those that start meanwhile as well; return their pids."""
        stopped: set[int] = set()
        while new := self._pids(name, victim) - stopped:
            send(signal.SIGSTOP, new)
            stopped |= new
        return stopped

    def _pids(self, name: str, victim: str) -> set[int]:
        stands_still = VICTIMS[victim]
        left = self.processes.left(OF_RUNNER, self._mark(name))
        return {pid for pid, line in left if stands_still(line)}

    def _mark(self, name: str) -> str:
        return str(self.processes.folder / name)

    def _held(self, pid: int) -> set[Key]:
        """Return the attempts that a runner has started and not reported the end of."""
        return self._keys(
            "SELECT job_id, attempt_id FROM attempt JOIN compute_node AS node"
            f" ON node.id = compute_node_id WHERE node.pid = {pid}"
            " AND started_at NOT NULL AND ended_at IS NULL"
        )

    def _lost_with(self, pid: int) -> set[Key]:
        """Return the attempts that a silent runner has not reported the end of, and had started."""
        return self._keys(
            "SELECT job_id, attempt_id FROM attempt JOIN compute_node AS node"
            f" ON node.id = compute_node_id WHERE node.pid = {pid}"
            " AND started_at NOT NULL AND outcome = 'lost'"
        )

    def _current(self) -> set[Key]:
        """Return each job's latest attempt."""
        return self._keys("SELECT id, attempt_id FROM job")

    def _keys(self, query: str) -> set[Key]:
        return {(job, attempt) for job, attempt in self.processes.ask(query)}

    def _is_active(self, pid: int) -> bool:
        [(is_active,)] = self.processes.ask(f"SELECT is_active FROM compute_node WHERE pid = {pid}")
        return bool(is_active)

    def _wait_for(self, is_true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + HANG_S
        while not is_true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited in vain for {what}; see {self.processes.folder}.")
            time.sleep(0.02)

    def _compare(self, problems: list[str], seconds: float) -> Report:
        """Compare the ledger, the results and what was kept of late ones."""
        lines = Counter(self._ledger.read_text().splitlines())
        started, ended = (_attempts(lines, kind) for kind in "SE")
        jobs = dict(self.processes.ask("SELECT id, attempt_id FROM job"))
        results = self.processes.ask(
            "SELECT job_id, attempt_id, return_code FROM result"
            f" WHERE return_code != {LOST_RETURN_CODE}"
        )
        counted = {(job, attempt) for job, attempt, _ in results}
        kept = self._kept()
        late = {key: each[0] for key, each in kept.items()}
        found: dict[str, Collection[Any]] = {
            "attempts that were executed twice": [line for line in lines if lines[line] > 1],
            "jobs without exactly one result": sorted(
                jobs.keys() ^ Counter(job for job, _, _ in results).keys() ^ self._given_up()
            )
            + [job for job, count in Counter(job for job, _, _ in results).items() if count > 1],
            "results of attempts that are not their jobs' latest": counted - jobs.items(),
            "results of other attempts than they say": [
                row for row in results if row[2] != row[1] - 1
            ],
            "results of attempts that did not end": counted - ended,
            "late results that were not kept": started - counted - late.keys(),
            "late results that were kept twice": [key for key, each in kept.items() if each[1:]],
            "results that count and are called late": counted & late.keys(),
            "late results with another exit code": [
                (key, each)
                for key, each in late.items()
                if each.status != "canceled" and each.return_code != key[1] - 1
            ],
            "processes that are left": [
                each for each in self.processes.left() if "torc_server" not in each[1]
            ],
        }
        problems += [f"{what}: {[*items][:10]}" for what, items in found.items() if items]
        statuses = Counter(each.status for each in late.values())
        in_time = len(self._lost & counted)
        return Report(problems, self._done, self._taken, in_time, statuses, seconds)

    def _given_up(self) -> set[int]:
        """Return the jobs that failed, as the rule is, since too many of their attempts were lost.

        A job that lasts longer than the time between two pauses may meet each of them.
        """
        lost = self.processes.ask(
            f"SELECT job_id FROM result WHERE return_code = {LOST_RETURN_CODE}"
            f" GROUP BY job_id HAVING count(*) = {LOST_ATTEMPTS_LIMIT}"
        )
        return {job for (job,) in lost}

    def _kept(self) -> dict[Key, list[Late]]:
        kept: dict[Key, list[Late]] = {}
        query = "SELECT data FROM event WHERE event_type = 'late_result' ORDER BY id"
        for (text,) in self.processes.ask(query):
            data = json.loads(text)
            late = Late(data["status"], data["return_code"])
            kept.setdefault((data["job_id"], data["attempt_id"]), []).append(late)
        return kept


def _attempts(lines: Collection[str], kind: str) -> set[Key]:
    found = [line.split() for line in lines]
    return {(int(job), int(attempt)) for which, job, attempt in found if which == kind}


def main() -> int:
    """Run a campaign, and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pauses", type=int, default=100)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="pauses-"))
    campaign = Campaign(folder, seed=chosen.seed, pauses=chosen.pauses, slots=chosen.slots)
    try:
        report = campaign.run()
    finally:
        campaign.processes.close()
    print(f"{report.pauses.total()} pauses in {report.seconds:.0f} s: {dict(report.pauses)}")
    print(f"attempts whose jobs others had taken before their runner went on: {report.taken}")
    print(f"results that count although the lease was over: {report.in_time}")
    print(f"late results that were refused and kept: {dict(report.late)}")
    return conclude(report.problems, folder)


if __name__ == "__main__":
    sys.exit(main())
