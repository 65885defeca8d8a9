"""Kill runners, caretakers, servers and guards at random moments, and compare all that is left.

    PYTHONPATH=tests python tests/campaigns/kills.py --jobs 5000 --kills 200

The jobs are shells that write a line when they start and one when they end. The next runner is
started at once, as is the next server. `--guards` kills that many guards besides: then jobs may run
again under a new attempt, which is counted. Each attempt that was started must have one result.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.processes import Processes, conclude

from torc_core.model.result import LOST_RETURN_CODE

COMMAND = (
    'echo "S $TORC_JOB_ID $TORC_ATTEMPT_ID $$" | tee -a {ledger}; sleep {seconds}; '
    'echo "E $TORC_JOB_ID $TORC_ATTEMPT_ID $$ {code}" | tee -a {ledger}; exit {code}'
)
LONGEST_S = 1.5
HANG_S = 120.0
GONE_S = 15.0
_REPORTED = (
    "SELECT job_id, attempt_id, return_code FROM result"
    f" WHERE return_code != {LOST_RETURN_CODE} ORDER BY job_id"
)
"""The results that runners have reported; the others are of attempts that were lost."""
VICTIMS = {"runner": 10, "starting runner": 3, "runner and caretaker": 3, "server": 4}
"""Who is killed, and how often of 20 times."""


class Attempt(NamedTuple):
    """What the database says of an attempt."""

    job_id: int
    token: int
    node_id: int
    has_ended: bool


class Report(NamedTuple):
    """What a campaign found."""

    problems: list[str]
    kills: Counter[str]
    adoption_s: list[float]
    repeated: int
    """Jobs that ran again under a new attempt."""
    seconds: float


class Campaign:
    """One workflow, and what is done to it.

    Args:
        folder: An empty one.
        seed: Of what is done when.
        jobs: How many there are.
        slots: How many may run at once.
        longest_s: How long a job takes at most.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        jobs: int,
        slots: int = 24,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._random = random.Random(seed)
        self._jobs = jobs
        self._longest_s = longest_s
        self._ledger = folder / "ledger"
        self._codes: dict[str, int] = {}
        self._kills: Counter[str] = Counter()
        self._adoption_s: list[float] = []
        self._problems: list[str] = []
        self.processes = Processes(folder, slots)
        self.processes.create_workflow("kills", self._invent_jobs())

    def run(self, kills: int, guards: int = 0) -> Report:
        """Kill so many processes, and then wait until the workflow is complete."""
        started = time.monotonic()
        victims = self._random.choices([*VICTIMS], [*VICTIMS.values()], k=kills)
        victims += ["guard"] * guards
        self._random.shuffle(victims)
        self.processes.start_runner()
        for number, victim in enumerate(victims, 1):
            # All through the workflow, but for its last jobs: then there is nothing to kill.
            self._wait_for_results(number * self._jobs * 9 // (10 * len(victims) + 10))
            time.sleep(self._random.uniform(0, 0.3))
            self._kill(victim)
        self._wait_for_results(self._jobs)
        self._wait_for(lambda: not self._keep_running(), "the runner to leave")
        deadline = time.monotonic() + GONE_S
        while left := [each for each in self.processes.left() if "torc_server" not in each[1]]:
            if time.monotonic() > deadline:
                self._problems.append(f"processes are left: {left}")
                break
            time.sleep(0.1)
        repeated = self._compare(spares_guards=not guards)
        seconds = time.monotonic() - started
        return Report(self._problems, self._kills, self._adoption_s, repeated, seconds)

    def _invent_jobs(self) -> list[dict[str, Any]]:
        jobs = []
        for number in range(self._jobs):
            code = 3 if number % 10 == 9 else 0
            seconds = round(self._random.uniform(0.0, self._longest_s), 2)
            command = COMMAND.format(ledger=self._ledger, seconds=seconds, code=code)
            jobs.append({"name": f"j{number}", "command": command})
            self._codes[f"j{number}"] = code
        return jobs

    def _kill(self, victim: str) -> None:
        self._kills[victim] += 1
        if victim == "server":
            self.processes.kill_server()
            return
        if victim == "guard":
            self.processes.kill_others("torc_core.runner.guard")
            return
        held = [each for each in self._attempts() if not each.has_ended]
        self.processes.kill_runner()
        if victim == "runner and caretaker":
            self.processes.kill_others("torc_core.runner.caretaker", wait_s=3.0)
        started = time.monotonic()
        self.processes.start_runner()
        if victim == "starting runner":
            time.sleep(self._random.uniform(0, 1.5))
            self.processes.kill_runner()
            started = time.monotonic()
            self.processes.start_runner()
        self._wait_for(lambda: self._are_adopted(held), f"the adoption of {held}")
        took_s = time.monotonic() - started
        if held:
            self._adoption_s.append(took_s)
        print(f"{time.strftime('%X')} {victim}: {len(held)} adopted in {took_s:.2f} s", flush=True)

    def _are_adopted(self, held: list[Attempt]) -> bool:
        now = {(each.job_id, each.token): each for each in self._attempts()}
        return all(
            after.has_ended or after.node_id > before.node_id
            for before in held
            if (after := now.get((before.job_id, before.token)))
        )

    def _wait_for_results(self, count: int) -> None:
        def has_them() -> bool:
            self._keep_running()
            return len(self.processes.ask(_REPORTED)) >= count

        self._wait_for(has_them, f"{count} results")

    def _keep_running(self) -> bool:
        """Start the next runner if one has left in spite of jobs, and return whether one runs."""
        runner = self.processes.runner
        if runner is None or runner.poll() is None:
            return True
        unfinished = "SELECT count(*) FROM job WHERE status < 5"
        if not self.processes.ask(unfinished)[0][0]:
            return False
        self._kills["(left by itself)"] += 1
        self.processes.start_runner()
        return True

    def _wait_for(self, is_true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + HANG_S + self._jobs * LONGEST_S
        while not is_true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited in vain for {what}; see {self.processes.folder}.")
            time.sleep(0.02)

    def _attempts(self) -> list[Attempt]:
        text = "SELECT job_id, token, coalesce(compute_node_id, 0), ended_at NOT NULL FROM attempt"
        return [Attempt(*row[:3], bool(row[3])) for row in self.processes.ask(text)]

    def _compare(self, *, spares_guards: bool) -> int:
        """Compare the ledger, the results and the output; return how many jobs ran again."""
        starts: Counter[tuple[int, int]] = Counter()
        ends: dict[tuple[int, int], int] = {}
        for line in self._ledger.read_text().splitlines():
            kind, job, attempt, _, *code = line.split()
            if kind == "S":
                starts[int(job), int(attempt)] += 1
            else:
                ends[int(job), int(attempt)] = int(code[0])
        names = dict(self.processes.ask("SELECT id, name FROM job"))
        results = self.processes.ask(_REPORTED)
        recorded = Counter(self.processes.ask("SELECT job_id, attempt_id FROM result"))
        twice = [key for key, count in starts.items() if count > 1]
        per_job = Counter(job for job, _ in starts)
        repeated = [job for job, count in per_job.items() if count > 1]
        unequal = [row for row in results if ends.get((row[0], row[1])) != row[2]]
        found = {
            "attempts that were executed twice": twice,
            "attempts without a result": sorted(starts.keys() - recorded.keys()),
            "attempts with several results": [key for key, n in recorded.items() if n > 1],
            "jobs without exactly one result": sorted(
                job for job, count in (Counter(r[0] for r in results)).items() if count != 1
            )
            + sorted(names.keys() - {row[0] for row in results}),
            "results that the ledger does not have": unequal,
            "results with another exit code": [
                row for row in results if row[2] != self._codes[names[row[0]]]
            ],
            "outputs that are not whole": [row for row in results if not self._is_whole(*row)],
        }
        if spares_guards:
            found["jobs that were killed"] = sorted(starts.keys() - ends.keys())
            found["jobs that were executed again"] = repeated
        self._problems += [f"{what}: {items[:10]}" for what, items in found.items() if items]
        return len(repeated)

    def _is_whole(self, job: int, attempt: int, code: int) -> bool:
        folder = self.processes.folder / "output" / "job_stdio"
        name = f"job_wf{self.processes.workflow_id}_j{job}_r1_a{attempt}.o"
        text = (folder / name).read_text()
        lines = [line.split() for line in text.splitlines()]
        kinds = [(line[0], line[1:3]) for line in lines]
        own = [str(job), str(attempt)]
        return kinds == [("S", own), ("E", own)] and lines[1][4] == str(code)


def main() -> int:
    """Run a campaign, and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=200, help="of runners, caretakers and servers")
    parser.add_argument("--guards", type=int, default=0, help="how many guards are killed besides")
    parser.add_argument("--slots", type=int, default=24)
    parser.add_argument(
        "--longest",
        type=float,
        default=LONGEST_S,
        help="seconds that a job takes at most; jobs below 0.1 wait in the queue of the guard",
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    campaign = Campaign(
        folder, seed=chosen.seed, jobs=chosen.jobs, slots=chosen.slots, longest_s=chosen.longest
    )
    try:
        report = campaign.run(chosen.kills, chosen.guards)
    finally:
        campaign.processes.close()
    print(f"{chosen.jobs} jobs in {report.seconds:.0f} s; killed: {dict(report.kills)}")
    if report.adoption_s:
        median, worst = statistics.median(report.adoption_s), max(report.adoption_s)
        print(f"adopted {median:.2f} s (median), {worst:.2f} s (worst) after the runner's start")
    print(f"jobs that ran again under a new attempt: {report.repeated}")
    return conclude(report.problems, folder)


if __name__ == "__main__":
    sys.exit(main())
