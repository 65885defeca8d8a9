"""However an allocation ends and whatever it was doing, the server soon says what is true.

The worker, the server and Slurm are real. Who looks is what looks in commands and in the interface:
the poller with the budget of a user who configured none, and what follows from that.
"""

from __future__ import annotations

import os
import signal

import pytest
from slurm.cluster.processes import kill, processes_of, with_names
from slurm.outcomes import (
    FOREVER,
    MEMORY_HOG,
    ONCE_FOREVER,
    Watch,
    Watched,
    ended,
    on_two_nodes,
    waiting,
)
from waiting import wait_for

pytestmark = pytest.mark.timeout(400)

LATE_S = 15.0
"""After Slurm's own knowledge."""
AGAIN = "node lost as it runs, and there is no other"
STOPPED = ("terminated", 143)
STARTS = {"before": f"{FOREVER}; "}
"""Its script does not come to the worker."""

ORDINARY = {
    "canceled as it waits": ended("CANCELLED", "ready", stays_held=True),
    "canceled as it starts": ended("CANCELLED", "ready", **STARTS),
    "canceled as it runs": ended("CANCELLED", "terminated", STOPPED),
    "over before the worker": ended("COMPLETED", "ready", before="exit 0; "),
    "over": ended("COMPLETED", "completed", ("completed", 0), job_command="true"),
    "failed before the worker": ended("FAILED", "ready", before="exit 3; "),
    "failed": ended("FAILED", "failed", ("failed", 3), job_command="exit 3"),
    "worker killed": ended("FAILED", "ready"),
    "too late as it starts": ended("TIMEOUT", "ready", **STARTS),
    "too late as it runs": ended("TIMEOUT", "terminated", STOPPED),
}
WITHOUT_MEMORY = {
    "out of memory as it starts": ended("OUT_OF_MEMORY", "ready", before=f"{MEMORY_HOG}; "),
    "out of memory as it runs": ended(
        "OUT_OF_MEMORY", "failed", ("failed", 137), job_command=MEMORY_HOG
    ),
}
"""Only root's clusters confine jobs to their memory."""
ON_LOST_NODE = {
    "node lost as it starts": ended("NODE_FAIL", "ready", options=("--no-requeue",), **STARTS),
    "node lost as it runs": ended("NODE_FAIL", "ready", options=("--no-requeue",)),
    AGAIN: waiting(job_command=FOREVER, options=("--requeue",)),
}
BEHIND_THEM = {
    "past its deadline": ended(
        *("DEADLINE", "ready"),
        options=("--time=1", "--deadline=now+65", "--exclusive"),
        stays_held=True,
    )
}
ON_TAKEN_NODE = {
    "preempted as it starts": ended(
        "PREEMPTED", "ready", options=("--partition=canceled",), **STARTS
    ),
    "preempted as it runs": ended(
        "PREEMPTED", "terminated", STOPPED, options=("--partition=canceled",)
    ),
    "requeued as it starts": ended(
        *("COMPLETED", "completed", ("completed", 0)),
        job_command="true",
        before=ONCE_FOREVER,
        options=("--requeue",),
    ),
    "requeued as it runs": ended(
        *("COMPLETED", "completed", STOPPED, ("completed", 0)),
        job_command=f"{ONCE_FOREVER}true",
        options=("--requeue",),
    ),
}
ON_TWO_NODES = {
    "one of two nodes lost, and the controller sees it": on_two_nodes("NODE_FAIL"),
    "one of two nodes lost, and srun sees it": on_two_nodes("FAILED"),
}
FOR_EVER = {
    "JobHeldUser": waiting(stays_held=True),
    "PartitionTimeLimit": waiting(options=("--partition=debug", "--time=60")),
}
"""By the reason that Slurm states."""


def test_whatever_ends_an_allocation_the_server_is_right_soon(start_cluster, client, output):
    cluster = start_cluster(
        nodes=7,
        preemption="REQUEUE",
        more=("PartitionName=canceled Nodes={all} PreemptMode=CANCEL",),
    )
    lost, taken, ordinary, *pairs = cluster.nodes
    watched: dict[str, Watched] = {}

    def place(cases, *names):
        for name, case in cases.items():
            where = (f"--nodelist={','.join(names)}",) if names else ()
            placed = case._replace(options=(*where, *case.options))
            watched[name] = Watched(cluster, client, output / name.replace(" ", "-"), placed)

    place(ORDINARY, ordinary)
    if cluster.layout.machine.control_groups:
        place(WITHOUT_MEMORY, ordinary)
    place(ON_LOST_NODE | BEHIND_THEM, lost)
    place(ON_TAKEN_NODE, taken)
    for pair, (name, case) in zip((pairs[:2], pairs[2:]), ON_TWO_NODES.items(), strict=True):
        place({name: case}, *pair)
    place(FOR_EVER)
    jobs = {name: str(each.slurm_job) for name, each in watched.items()}
    released = [name for name, each in watched.items() if not each.case.stays_held]
    cluster.run("scontrol", "release", ",".join(jobs[name] for name in released))
    watch = Watch(cluster, watched)
    lasting = [name for name in released if watched[name].case.lasts]
    wait_for(
        lambda: watch.look() or all(watched[n].is_running() for n in lasting), "them to run", 120
    )
    wait_for(lambda: watched[AGAIN].has_run_for(6), "it to be older than clocks may differ")
    cluster.run("scontrol", "release", jobs["past its deadline"])

    cluster.run("scancel", *(jobs[name] for name in jobs if name.startswith("canceled")))
    for name in ("too late as it starts", "too late as it runs"):
        cluster.expire(int(jobs[name]))
    os.kill(watched["worker killed"].node().pid, signal.SIGKILL)
    cluster.submit("true", "--exclusive", "--partition=short", f"--nodelist={taken}")
    for node in (lost, pairs[1], pairs[3]):
        cluster.kill_node(node)
    kill_srun(cluster, pairs[2])
    cluster.down_node(pairs[1])  # that others are lost it notices within 30 s

    wait_for(lambda: watch.are_over(LATE_S), "their ends", 200)

    assert watch.differences(LATE_S) == {}
    views = watch.views
    assert {name: views[name].reason for name in FOR_EVER} == {name: name for name in FOR_EVER}


def kill_srun(cluster, node):
    """End the `srun` that runs on a node, as it ends itself when it misses a task for long."""
    for process in with_names(processes_of(cluster.layout.place, node), "srun"):
        kill(process.pid)
