"""Allocations whose ends are provoked, and what the server says of each soon after."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from slurm.cluster.cluster import Cluster
from slurm.workers import RESTARTED, Site

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import AllocationView, Poller
from torc_core.hpc.slurm.programs.states import Phase, SlurmState
from torc_core.hpc.slurm.settle import settle_allocations
from torc_core.model.compute import ComputeNode, ScheduledComputeNode, SchedulerType
from torc_core.model.resources import SlurmScheduler
from torc_core.model.result import LOST_RETURN_CODE

FOREVER = "exec sleep 1000"
LOST = ("failed", LOST_RETURN_CODE)
"""What is recorded of an attempt that was lost with its worker."""
ONCE_FOREVER = 'test "$SLURM_RESTART_COUNT" || exec sleep 1000; '
"""Goes on when Slurm starts its allocation again."""
NEEDS = "half"
"""The name of the requirements of all jobs."""
MEMORY_HOG = f"exec {sys.executable} -c 'bytearray(10**9)'"
_LOOK_S = 1.0


class Outcome(NamedTuple):
    """What the server says of a workflow of which one allocation was requested."""

    jobs: frozenset[str]
    """Their statuses."""
    results: frozenset[tuple[str, int | None]]
    """Status and return code of each attempt that has ended."""
    allocation: str = "complete"
    """The status of the record of the last one."""
    nodes_active: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether all jobs have completed, and their allocation is over."""
        return self.jobs == {"completed"} and self.allocation == "complete"


class Case(NamedTuple):
    """An allocation, and what is to happen to it."""

    ends: Collection[str]
    """Slurm's words for how it may end."""
    outcomes: Collection[Outcome]
    """Of which one has to come about."""
    job: str = FOREVER
    """The command of each job."""
    before: str = ""
    """Shell commands of the script that come before the worker."""
    options: tuple[str, ...] = ()
    """Of `sbatch`."""
    num_nodes: int = 1
    """One worker and one job on each."""
    stays_held: bool = False
    execution: str | None = None
    """How the workflow executes jobs, as JSON."""
    needs: tuple[str, str] = ("60m", "PT1M")
    """Memory and runtime that the jobs state."""
    raises: frozenset[str] = frozenset()
    """Which of them a recovery raises."""

    @property
    def lasts(self) -> bool:
        """Whether it runs until something is done to it."""
        return "sleep" in (self.before or self.job)

    def is_over(self, state: SlurmState, *, has_run: bool) -> bool:
        """Return whether Slurm knows its end, or that it waits where that is the end."""
        waits = state.name in self.ends and (has_run or not self.lasts)
        return state.phase is Phase.ENDED or waits


def ended(
    end: str,
    job: str,
    *results: tuple[str, int],
    job_command: str = FOREVER,
    **fields: Any,
) -> Case:
    """Return an allocation that ends, and is recorded as such.

    Args:
        end: Slurm's word.
        job: The status of its job.
        results: What is recorded of the job's attempts.
        job_command: Of its job.
        fields: Others of the case.
    """
    return Case({end}, {Outcome(frozenset({job}), frozenset(results))}, job_command, **fields)


def waiting(*results: tuple[str, int], job_command: str = "true", **fields: Any) -> Case:
    """Return an allocation that never starts; or never again, if its job lasts.

    Args:
        results: What is recorded of the job's attempts.
        job_command: Of its job.
        fields: Others of the case.
    """
    still = Outcome(frozenset({"ready"}), frozenset(results), allocation="pending")
    return Case({"PENDING"}, {still}, job_command, **fields)


def on_two_nodes(end: str) -> Case:
    """Return an allocation of two nodes of which one is lost, in the middle of a job on each.

    The controller or `srun` notices it first, by chance. What ran on the lost node is ready again;
    what ran on the other is interrupted, or ready again if its worker is killed before it says so.

    Args:
        end: Slurm's word.
    """
    stopped = ("terminated", 143)
    return Case(
        {end},
        {
            Outcome(frozenset({"ready", "terminated"}), frozenset({stopped, LOST})),
            Outcome(frozenset({"ready"}), frozenset({LOST})),
        },
        options=("--no-requeue",),
        num_nodes=2,
    )


class Watched:
    """The allocation of a case, with a workflow of its own."""

    def __init__(self, cluster: Cluster, client: TorcClient, output: Path, case: Case) -> None:
        self.case = case
        self.client = client
        output.mkdir()
        self._mended = output / "mended"
        self.site = Site(cluster, client, output, execution_config=case.execution)
        memory, runtime = case.needs
        need = self.site.need(NEEDS, memory=memory, runtime=runtime)
        for number in range(case.num_nodes):
            self.site.flow.add(
                f"test ! -e {self._mended} || exit 0; {case.job}",
                name=f"j{number}",
                resource_requirements_id=need,
            )
        self.site.flow.start()
        scheduler = SlurmScheduler(
            workflow_id=self.site.flow.id, account="project", nodes=1, walltime="01:00:00"
        )
        self.slurm_job = self._submit()
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=self.site.flow.id,
                scheduler_id=self.slurm_job,
                scheduler_config_id=client.create_slurm_scheduler(scheduler).id or 0,
                scheduler_type=SchedulerType.SLURM,
                status="pending",
            )
        )

    def _submit(self) -> int:
        case, memory = self.case, "--mem=200M"
        shape = (f"--nodes={case.num_nodes}", memory, *case.options, "--hold")
        before = RESTARTED + case.before
        if case.num_nodes == 1:
            return self.site.submit(*shape, before=before)
        # A worker on each node, that has room for one of the jobs.
        return self.site.submit(
            *shape,
            before=before,
            launcher="srun --ntasks-per-node=1",
            more="--is-subtask --max-parallel-jobs 1",
        )

    def mend(self) -> None:
        """Let its jobs do nothing from now on, well."""
        self._mended.touch()

    def outcome(self) -> Outcome:
        """Ask the server."""
        number = self.site.flow.id
        record = self.client.list_scheduled_compute_nodes(number).items[-1]
        results = self.client.list_results(number, all_runs=True).items
        return Outcome(
            frozenset(str(job.status) for job in self.client.list_jobs(number).items),
            frozenset((str(each.status), each.return_code) for each in results),
            record.status,
            any(node.is_active for node in self.client.list_compute_nodes(number).items),
        )

    def has_begun(self) -> bool:
        """Whether its jobs run or have run, or the script runs where that never comes to them."""
        if self.case.before:
            return self.site.cluster.state(self.slurm_job) == "RUNNING"
        return self.outcome().jobs.isdisjoint({"ready", "pending"})

    def node(self) -> ComputeNode:
        """Return the only one of the workflow."""
        (node,) = self.client.list_compute_nodes(self.site.flow.id).items
        return node

    def has_run_for(self, seconds: float) -> bool:
        """Whether its worker began so long ago."""
        began = datetime.fromisoformat(self.node().start_time)
        return datetime.now(UTC) - began > timedelta(seconds=seconds)


class Watch:
    """Looks at allocations as a user's programs do, and beside that at what Slurm itself knows."""

    def __init__(self, cluster: Cluster, watched: Mapping[str, Watched]) -> None:
        clock = SystemClock()
        self.cluster = cluster
        self.watched = watched
        self.ended_at: dict[str, float] = {}
        """When Slurm knew how each ended, or that it waits."""
        self.right_at: dict[str, float] = {}
        """When the server said what it has to, from then on."""
        self.said: dict[str, Outcome] = {}
        """What the server says of those that are over, lately."""
        self._poller = Poller(Slurm(clock, Budget(), environ=cluster.environ), clock)
        self._poller.watch(each.slurm_job for each in watched.values())
        self._views: Mapping[int, AllocationView] = {}
        self._slurm = Slurm(clock, Budget(10_000), environ=cluster.environ)
        self._next_look = 0.0
        self._ran: set[str] = set()

    @property
    def views(self) -> dict[str, AllocationView]:
        """What the poller knows, by case."""
        return {name: self._views[each.slurm_job] for name, each in self.watched.items()}

    def look(self) -> None:
        """Settle what is new from the poller, and note when that is what it has to be."""
        views = self._poller.poll()
        if views != self._views:
            self._views = views
            for each in self.watched.values():
                settle_allocations(
                    each.client, views, each.site.flow.id, cluster=self._poller.status().cluster
                )
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_S
        known = {each.id: each for each in self._slurm.queue()}
        for name, each in self.watched.items():
            state = known[each.slurm_job].state
            if state.phase is Phase.RUNNING:
                self._ran.add(name)
            if each.case.is_over(state, has_run=name in self._ran):
                self.ended_at.setdefault(name, now)
                if name not in self.right_at:
                    self._ask(name, each)

    def _ask(self, name: str, watched: Watched) -> None:
        """Note what the server says of one that is over."""
        self.said[name] = watched.outcome()
        if self.said[name] not in watched.case.outcomes:
            self.right_at.pop(name, None)
        else:
            self.right_at.setdefault(name, time.monotonic())

    def are_over(self, late_s: float) -> bool:
        """Look, and return whether all have ended in Slurm, and are right or late.

        Args:
            late_s: From Slurm's knowledge on.
        """
        self.look()
        if not self._are_right_or_late(late_s):
            return False
        for name, each in self.watched.items():  # they have to be right to the end
            self._ask(name, each)
        return self._are_right_or_late(late_s)

    def _are_right_or_late(self, late_s: float) -> bool:
        now = time.monotonic()
        return all(
            name in self.right_at or now - self.ended_at.get(name, math.inf) > late_s
            for name in self.watched
        )

    def differences(self, late_s: float) -> dict[str, object]:
        """Return what is not as it has to be, by case; how late it was, if that is all."""
        found: dict[str, object] = {}
        for name, view in self.views.items():
            case = self.watched[name].case
            took_s = self.right_at.get(name, math.inf) - self.ended_at.get(name, 0.0)
            if view.state not in case.ends or took_s > late_s:
                found[name] = (view.state, self.said.get(name), f"{took_s:.1f} s")
        return found
