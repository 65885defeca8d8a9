"""Break allocations, nodes, daemons and watchers at random, and compare what is left.

    PYTHONPATH=tests python tests/campaigns/watched.py --runs 20 --jobs 300

The workflow is left to `torc watch --recover --auto-schedule`, of which often one is killed, and
sometimes two are at work. Some jobs need more memory than they state.

In the end each job must have completed once, each request of an allocation must have been submitted
once, and no allocations may have been requested beside others that waited or ran.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from campaigns.allocations import FAULTS, HANG_S, LOOK_S, Campaign, run_all
from slurm.cluster.cluster import Cluster

from torc_core.errors import TorcError
from torc_core.hpc.planning.stored import read_tag
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES
from torc_core.model.compute import UNFINISHED_ALLOCATIONS

WATCH = (
    *("--recover", "--auto-schedule", "--poll-interval", "2", "--max-retries", "1000"),
    # Beside others that work, no allocations are requested.
    *("--auto-schedule-threshold", "1000000", "--auto-schedule-stranded-timeout", "0"),
    *("--auto-schedule-cooldown", "5"),
)
LARGE_EVERY = 20
"""One of so many jobs needs more memory than it states."""
LARGE_MIB = 120
LARGE = f"perl -e '$x = q(a) x ({LARGE_MIB} << 20); sleep 3'"
OUT_OF_MEMORY = 137


class WatchedCampaign(Campaign):
    """The same with watchers, which do all that is done for the workflow."""

    weights = {name: weight for name, weight in FAULTS.items() if name != "submitter"} | {
        "watcher": 5,
        "second watcher": 2,
    }
    no_failures = Campaign.no_failures | {OUT_OF_MEMORY}

    def __init__(self, cluster: Cluster, folder: Path, **chosen: Any) -> None:
        super().__init__(cluster, folder, **chosen)
        self._watchers: list[subprocess.Popen[bytes]] = []
        self._given_up: list[int] = []
        self._beside: list[object] = []
        self._breaks |= {
            "watcher": self._kill_watcher,
            "second watcher": self._start_watcher,
        }

    def close(self) -> None:
        for each in self._watchers:
            each.kill()
            each.wait()
        super().close()

    def _invent_workflow(self) -> dict[str, object]:
        invented: dict[str, Any] = super()._invent_workflow()
        need = {"name": "large", "num_cpus": 1, "memory": "60m", "runtime": "PT1M"}
        invented["resource_requirements"].append(need)
        invented["execution_config"] = {"mode": "direct", "limit_resources": True}
        for job in invented["jobs"][::LARGE_EVERY]:
            job |= {"command": self._command(LARGE), "resource_requirements": "large"}
        return invented

    def _wait_for_completed(self, count: int) -> None:
        super()._wait_for_completed(count)
        if count == self._jobs:
            for each in self._watchers:
                each.wait(HANG_S)
            self._reap()

    def _drive(self) -> None:
        """Have a watcher, and look at nothing but what Slurm has."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_S
        self._reap()
        if not self._watchers:
            self._start_watcher()
        workflow_id = self._workflow_id()
        self._note_keys(workflow_id)
        self._note_sets(workflow_id)

    def _start_watcher(self) -> None:
        self._watchers.append(self._start_torc("watch", self._workflow_id(), *WATCH))

    def _kill_watcher(self) -> None:
        self._reap()
        if self._watchers:
            watcher = self._watchers.pop(self._random.randrange(len(self._watchers)))
            watcher.kill()
            watcher.wait()

    def _reap(self) -> None:
        """Note how watchers have ended that were not killed."""
        ended = [each.poll() for each in self._watchers]
        self._given_up += [code for code in ended if code]
        self._watchers = [each for each in self._watchers if each.poll() is None]

    def _note_sets(self, workflow_id: int) -> None:
        """Note which allocations wait or run beside others that were not requested with them."""
        try:
            queue = self._slurm.queue()
        except TorcError:
            return
        names = {
            each.id: each.name for each in self._client.list_slurm_schedulers(workflow_id).items
        }
        tags = {
            record.scheduler_id: read_tag(names.get(record.scheduler_config_id))
            for record in self._client.list_scheduled_compute_nodes(workflow_id, limit=1000).items
            if record.status in UNFINISHED_ALLOCATIONS  # the workers of the others have left
        }
        unfinished = {
            each.id: (tags[each.id], each.state.name)
            for each in queue
            if each.id in tags and each.state.phase in UNFINISHED_PHASES
        }
        if len({tag for tag, _ in unfinished.values()}) > 1:
            self._beside.append(unfinished)

    def _compare(self) -> tuple[list[str], int]:
        problems, repeated = super()._compare()
        found = {"watchers that gave up": self._given_up, "second sets": self._beside}
        problems += [f"{what}: {items[:10]}" for what, items in found.items() if items]
        return problems, repeated


if __name__ == "__main__":
    sys.exit(run_all(WatchedCampaign, __doc__))
