"""However an allocation ends and whatever it was doing, the server soon says what is true.

Then what makes jobs last or fail is fixed, and a recovery brings each workflow to its end.

The worker, the server and Slurm are real. Who looks is what looks in commands and in the interface:
the poller with the budget of a user who configured none, and what follows from that.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from slurm.cluster.processes import kill, processes_of, with_names
from slurm.outcomes import (
    FOREVER,
    LOST,
    MEMORY_HOG,
    ONCE_FOREVER,
    Watch,
    Watched,
    ended,
    on_two_nodes,
    waiting,
)
from slurm.recoveries import attempts_of, raised_by, recover_all, verdicts_of
from waiting import wait_for

from torc_core.operations.recovery.procedure.outcome import Verdict

LATE_S = 15.0
"""After Slurm's own knowledge."""
AGAIN = "node lost as it runs, and there is no other"
STOPPED = ("terminated", 143)
MEMORY, RUNTIME = frozenset({"memory"}), frozenset({"runtime"})
AS_STEP: dict[str, Any] = {"execution": '{"mode": "slurm"}', "needs": ("60m", "PT10M")}
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
    "job out of time": ended(
        *("FAILED", "terminated", ("terminated", 152)),
        execution='{"mode": "direct", "limit_resources": true}',
        needs=("60m", "PT2S"),
        raises=RUNTIME,
    ),
    "worker killed": ended("FAILED", "ready", LOST),
    "too late as it starts": ended("TIMEOUT", "ready", **STARTS),
    "too late as it runs": ended("TIMEOUT", "terminated", STOPPED),
    "too late as a step of it runs": ended("TIMEOUT", "terminated", STOPPED, **AS_STEP),
}
WITHOUT_MEMORY = {
    "out of memory as it starts": ended("OUT_OF_MEMORY", "ready", before=f"{MEMORY_HOG}; "),
    "out of memory as it runs": ended(
        *("OUT_OF_MEMORY", "failed", ("failed", 137)),
        job_command=MEMORY_HOG,
        raises=MEMORY,
    ),
}
"""Only root's clusters confine jobs to their memory."""
ON_LOST_NODE = {
    "node lost as it starts": ended("NODE_FAIL", "ready", options=("--no-requeue",), **STARTS),
    "node lost as it runs": ended("NODE_FAIL", "ready", LOST, options=("--no-requeue",)),
    AGAIN: waiting(LOST, job_command=FOREVER, options=("--requeue",)),
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
    "preempted as a step of it runs": ended(
        *("PREEMPTED", "terminated", STOPPED), options=("--partition=canceled",), **AS_STEP
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


def test_whatever_ends_an_allocation_the_server_is_right_soon_and_it_can_be_recovered(
    start_cluster, client, output, monkeypatch
):
    cluster = start_cluster(
        nodes=7,
        preemption="REQUEUE",
        more=("PartitionName=canceled Nodes={all} PreemptMode=CANCEL",),
    )
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
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
        lambda: watch.look() or all(watched[n].has_begun() for n in lasting), "them to run", 250
    )
    wait_for(lambda: watched[AGAIN].has_run_for(6), "it to be older than clocks may differ")
    cluster.run("scontrol", "release", jobs["past its deadline"])

    cluster.run("scancel", *(jobs[name] for name in jobs if name.startswith("canceled")))
    for name in filter(lambda each: each.startswith("too late"), jobs):
        cluster.expire(int(jobs[name]))
    os.kill(watched["worker killed"].node().pid, signal.SIGKILL)
    cluster.submit("true", "--exclusive", "--partition=short", f"--nodelist={taken}")
    away = (lost, pairs[1], pairs[3])
    for node in away:
        cluster.kill_node(node)
    kill_srun(cluster, pairs[2])
    cluster.down_node(pairs[1])  # that others are lost it notices within 30 s

    wait_for(lambda: watch.are_over(LATE_S), "their ends", 200)

    assert watch.differences(LATE_S) == {}
    views = watch.views
    assert {name: views[name].reason for name in FOR_EVER} == {name: name for name in FOR_EVER}

    for each in watched.values():
        each.mend()
    refuse_to_recover_what_waits(cluster, {name: watched[name] for name in (*FOR_EVER, AGAIN)})
    for node in away:
        cluster.start_node(node)
    recover_brings_each_to_its_end(cluster, watched)


def refuse_to_recover_what_waits(cluster, waiting):
    """Recover workflows in vain, and cancel what they wait for."""
    refused = recover_all(cluster, waiting)
    jobs = {name: each.slurm_job for name, each in waiting.items()}
    for name, number in jobs.items():
        assert f"is still active: 1 waiting allocation (Slurm job {number})." in str(refused[name])
    cluster.run("scancel", *map(str, jobs.values()))


def recover_brings_each_to_its_end(cluster, watched):
    """Recover all workflows once, what failed by itself on request only; wait for their ends."""
    found = {name: attempts_of(each) for name, each in watched.items()}

    verdicts = verdicts_of(recover_all(cluster, watched))

    assert {name: each for name, each in verdicts.items() if each is not Verdict.RECOVERABLE} == {
        "over": Verdict.COMPLETE,
        "requeued as it starts": Verdict.COMPLETE,
        "requeued as it runs": Verdict.COMPLETE,
        "failed": Verdict.HOPELESS,
    }
    failed = {"failed": watched["failed"]}
    assert attempts_of(failed["failed"]) == found["failed"]
    retried = recover_all(cluster, failed, retry_unknown=True)
    assert verdicts_of(retried) == {"failed": Verdict.RECOVERABLE}
    wait_for(
        lambda: all(each.outcome().is_complete for each in watched.values()), "their ends", 250
    )
    after = {name: attempts_of(each) for name, each in watched.items()}
    assert after == {name: each.after_recovery() for name, each in found.items()}
    assert {name: raised_by(each) for name, each in watched.items()} == {
        name: each.case.raises for name, each in watched.items()
    }


def kill_srun(cluster, node):
    """End the `srun` that runs on a node, as it ends itself when it misses a task for long."""
    for process in with_names(processes_of(cluster.layout.place, node), "srun"):
        kill(process.pid)
