"""Ends and reasons of allocations, made by real scripts, as the poller tells them.

Those that limits, nodes and other allocations bring about are in `test_outcomes.py`.
"""

from __future__ import annotations

import sys

from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import Poller
from torc_core.hpc.slurm.programs.states import Cause, Phase, read_state

FOREVER = "exec sleep 1000"
MEMORY_HOG = f"exec {sys.executable} -c 'bytearray(10**9)'"


class Watch:
    """Watches the jobs of some names, and keeps all states that they were seen in."""

    def __init__(self, cluster):
        clock = SystemClock()
        slurm = Slurm(clock, Budget(1200), environ=cluster.environ)
        self.cluster = cluster
        self.poller = Poller(slurm, clock)
        self.jobs = {}
        self.seen = {}

    def submit(self, name, command, *options):
        job = self.jobs[name] = self.cluster.submit(command, "--time=5", *options)
        self.seen[job] = []
        self.poller.watch([job])
        return job

    def look(self):
        views = self.poller.poll()
        for job, view in views.items():
            if view.state and self.seen[job][-1:] != [view.state]:
                self.seen[job].append(view.state)
        return {name: views[job] for name, job in self.jobs.items()}

    def wait_for(self, what, condition):
        return wait_for(lambda: condition(views := self.look()) and views, what, 250)

    def wait_for_run(self, *names):
        self.wait_for("them to run", lambda views: all(views[n].state == "RUNNING" for n in names))

    def wait_for_ends(self, *names):
        views = self.wait_for("their ends", lambda views: all(views[n].is_over for n in names))
        return {
            name: (views[name].state, read_state(views[name].state or "").cause) for name in names
        }


def test_ends_that_scripts_and_users_bring_about(slurm):
    watch = Watch(slurm)
    running = watch.submit("canceled", FOREVER)
    waiting = watch.submit("canceled as it waits", "true", "--hold")
    watch.submit("done", "true")
    watch.submit("failed", "exit 3")
    watch.submit("killed", "kill -9 $$")
    if slurm.layout.machine.control_groups:
        watch.submit("out of memory", MEMORY_HOG, "--mem=50")
    watch.wait_for_run("canceled")
    slurm.run("scancel", str(running), str(waiting))

    ends = watch.wait_for_ends(*watch.jobs)

    memory = ends.pop("out of memory", None)
    assert memory in {None, ("OUT_OF_MEMORY", Cause.MEMORY)}
    assert ends == {
        "canceled": ("CANCELLED", Cause.CANCELED),
        "canceled as it waits": ("CANCELLED", Cause.CANCELED),
        "done": ("COMPLETED", Cause.EXIT),
        "failed": ("FAILED", Cause.EXIT),
        "killed": ("FAILED", Cause.EXIT),
    }
    views = watch.look()
    assert [views[name].exit_code for name in ("done", "failed", "killed")] == [0, 3, 137]


def test_what_waits_for_ever_says_why(slurm):
    watch = Watch(slurm)
    failed = slurm.submit("false")
    slurm.wait_for_end(failed)
    watch.submit("JobHeldUser", "true", "--hold")
    watch.submit("PartitionTimeLimit", "true", "--partition=debug", "--time=60")
    watch.submit("PartitionNodeLimit", "true", "--partition=debug", "--nodes=2")
    watch.submit("DependencyNeverSatisfied", "true", f"--dependency=afterok:{failed}")
    watch.submit("BeginTime", "true", "--begin=now+1hour")

    def told(views):
        return all(view.reason == name for name, view in views.items())

    views = watch.wait_for("their reasons", told)

    assert {view.phase for view in views.values()} == {Phase.PENDING}
    assert not any(view.is_over for view in views.values())
    slurm.run("scancel", *map(str, watch.jobs.values()))
