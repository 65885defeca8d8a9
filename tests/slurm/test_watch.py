"""`torc watch` over allocations of a real cluster."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from cli.watchers import Watcher, logged
from operations.recovery.wanted import fall_silent
from slurm.submissions import HELD
from waiting import wait_for

from torc_core.host.connect import Connection
from torc_core.model.compute import ScheduledComputeNode
from torc_core.operations.definition.create import create
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.recovery.watch.decide import MOST_FRUITLESS
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.request import WatchRequest
from torc_core.operations.recovery.watch.watch import watch
from torc_core.operations.reporter import SILENT
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions
from torc_core.spec import parse_workflow

DYING = [sys.executable, str(Path(__file__).parents[1] / "dying.py"), "watch"]
POINTS = 20
COOLDOWN_S = 5
ALWAYS_HELD = HELD.replace("jobs:", "slurm_defaults: {hold: true}\njobs:")
LOST = """\
name: lost
resource_requirements: [{name: small, num_cpus: 1, memory: 50m, runtime: PT1M}]
slurm_schedulers: [{name: s, account: project, walltime: "00:10:00", mem: 200M}]
jobs:
- {name: a, command: "test -e MARK || { touch MARK; exec sleep 1000; }",
   resource_requirements: small}
actions:
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s, num_allocations: 1}
"""
IDLE = """\
name: idle
resource_requirements: [{name: small, num_cpus: 1, memory: 50m, runtime: PT1M}]
slurm_schedulers:
- {name: s, account: project, walltime: "00:10:00", mem: 200M}
- {name: never, account: project, walltime: "00:10:00", mem: 200M, extra: --hold}
jobs: [{name: a, command: "mkdir MARK || exit 0; exit 137", resource_requirements: small}]
actions:
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: never}
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s}
"""
RETRIED = """\
name: retried
resource_requirements:
- {name: small, num_cpus: 1, memory: 40m, runtime: PT2M}
- {name: first, num_cpus: 1, memory: 50m, runtime: PT1M}
- {name: second, num_cpus: 1, memory: 60m, runtime: PT1M}
slurm_schedulers:
- {name: s, account: project, walltime: "00:10:00", mem: 200M, extra: "--cpus-per-task=3"}
failure_handlers: [{name: again, rules: [{exit_codes: [7], max_retries: 3}]}]
jobs:
- {name: long, command: "until test -e DIR/end; do sleep 0.1; done", resource_requirements: small}
- {name: later, command: "true", resource_requirements: small, depends_on: [long]}
- {name: first, command: "DIR/once first 400m", resource_requirements: first,
   failure_handler: again}
- {name: second, command: "DIR/once second 800m", resource_requirements: second,
   failure_handler: again}
actions:
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s, num_allocations: 1}
"""
"""The second attempts of two jobs need more than any allocation has by then."""
ONCE = """\
#!/bin/sh
test -e DIR/$1.tried && exit 0
until test -e DIR/$1; do sleep 0.1; done
touch DIR/$1.tried
PYTHON DIR/grow.py $1 $2
exit 7
"""
"""Ends well the second time, and the first time when it is told to go on."""
FOUR = """\
name: four
execution_config: {mode: slurm, limit_resources: true}
resource_requirements:
- {name: small, num_cpus: 1, memory: 50m, runtime: PT1M}
- {name: short, num_cpus: 1, memory: 60m, runtime: PT2S}
- {name: other, num_cpus: 1, memory: 70m, runtime: PT1M}
slurm_schedulers:
- {name: s, account: project, walltime: "00:10:00", mem: 300M}
- {name: p, account: project, walltime: "00:10:00", mem: 300M, partition: standard}
jobs:
- {name: large, command: "mkdir large || exit 0; exec perl large.pl",
   resource_requirements: small, scheduler: s}
- {name: long, command: "mkdir long || exit 0; exec sleep 1000",
   resource_requirements: short, scheduler: s}
- {name: bug, command: "exit 3", resource_requirements: small, scheduler: s}
- {name: preempted, command: "mkdir preempted || exit 0; exec sleep 1000",
   resource_requirements: other, scheduler: p}
actions:
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s}
- {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: p}
"""
FULL = (
    "poll interval: 2s, recover enabled, max retries: 3, auto-schedule enabled, job counts enabled"
)
GROW = """
import os
import sys
from torc_core.client import TorcClient
from torc_core.model.resources import ResourceRequirementsPatch
client = TorcClient(os.environ["TORC_API_URL"])
workflow_id = int(os.environ["TORC_WORKFLOW_ID"])
(needs,) = client.list_resource_requirements(workflow_id, name=sys.argv[1]).items
client.update_resource_requirements(needs.id, ResourceRequirementsPatch(memory=sys.argv[2]))
"""


@pytest.fixture
def watch_on(monkeypatch):
    monkeypatch.setenv("TORC_CLIENT__SLURM__CALLS_PER_MINUTE", "600")
    started = []

    def start(desk, *words):
        started.append(Watcher(desk.directory, *words))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def start_watch(desk, watch_on):
    return lambda *words: watch_on(desk, *words)


def end_allocations(desk, workflow_id, number):
    """Cancel the allocations of a workflow that wait, and wait until Slurm knows that."""
    wait_for(lambda: len(desk.queued(workflow_id, "PENDING")) == number, "the allocations")
    queued = desk.queued(workflow_id, "PENDING")
    desk.programs.cancel(queued)
    wait_for(lambda: not desk.queued(workflow_id, "PENDING"), "their end")


def test_jobs_whose_allocation_is_gone_get_another_one_at_once(desk, start_watch, tmp_path):
    workflow_id = desk.submit(LOST.replace("MARK", str(tmp_path / "mark")))
    wait_for((tmp_path / "mark").exists, "the job to run", 250)
    watcher = start_watch(workflow_id, "--auto-schedule", "-p", "2")
    watcher.wait_for("Watching workflow")
    (node,) = desk.client.list_compute_nodes(workflow_id, is_active=True).items
    os.kill(node.pid, signal.SIGKILL)

    assert watcher.end(250) == 0, watcher.said
    assert "No allocation is left for 1 ready job. Requesting nodes..." in watcher.said
    assert "Workflow completed successfully (1 job)" in watcher.said
    assert len(desk.records(workflow_id)) == 2
    (record,) = desk.client.list_recoveries(workflow_id).items
    assert (record.kind, record.number, record.outcome) == ("schedule", 1, "done")


@pytest.mark.parametrize(
    "options",
    [
        ("--auto-schedule-threshold", "1"),
        ("--auto-schedule-stranded-timeout", "3"),
    ],
)
def test_retries_that_wait_get_nodes_beside_those_that_run_and_then_only_after_the_cooldown(
    desk, start_watch, tmp_path, options
):
    for name, text in {"grow.py": GROW, "once": ONCE}.items():
        (tmp_path / name).write_text(
            text.replace("DIR", str(tmp_path)).replace("PYTHON", sys.executable)
        )
    (tmp_path / "once").chmod(0o755)
    workflow_id = desk.submit(RETRIED.replace("DIR", str(tmp_path)))
    words = ("--auto-schedule", "-p", "1", "--auto-schedule-cooldown", COOLDOWN_S, *options)
    watcher = start_watch(workflow_id, *words)

    def job(name):
        return {job.name: job for job in desk.client.list_jobs(workflow_id).items}[name]

    for name in ("first", "second"):
        (tmp_path / name).touch()
        wait_for(lambda name=name: job(name).status == "completed", "the retry", 250)
        assert job(name).attempt_id == 2
    (tmp_path / "end").touch()

    assert watcher.end(250) == 0, watcher.said
    assert watcher.said.count("Retries that wait for nodes: 1. Requesting nodes...") == 2
    made = (
        f"Created 1 scheduler for 1 pending job of #{workflow_id} retried: submitted 1 allocation."
    )
    assert watcher.said.splitlines().count(made) == 2
    schedulers = {
        each.id: each.name for each in desk.client.list_slurm_schedulers(workflow_id).items
    }
    names = [schedulers[each.scheduler_config_id] for each in desk.records(workflow_id)]
    assert sorted(names) == ["first_scheduler_r1_watch1", "s", "second_scheduler_r1_watch2"]
    [pause] = pauses(desk, workflow_id)
    assert pause >= COOLDOWN_S


def pauses(desk, workflow_id):
    """Return how many seconds passed from each request of a watch for nodes to the next."""
    began = sorted(
        datetime.fromisoformat(each.started_at).timestamp()
        for each in desk.client.list_recoveries(workflow_id).items
    )
    return [later - earlier for earlier, later in pairwise(began)]


def test_nodes_that_serve_for_nothing_are_requested_three_times_with_a_cooldown_between(
    desk, start_watch
):
    workflow_id = desk.submit(ALWAYS_HELD)
    end_allocations(desk, workflow_id, 2)
    words = (workflow_id, "--auto-schedule", "-p", "1", "--auto-schedule-cooldown", COOLDOWN_S)
    watcher = start_watch(*words)
    for number in range(1, MOST_FRUITLESS + 1):
        end_allocations(desk, workflow_id, 1)
        if number == 1:
            watcher.wait_for("Nodes are requested again at ")
            watcher.kill()
            watcher = start_watch(*words)

    assert watcher.end(250) == 1, watcher.said
    assert watcher.said.count("No allocation is left for 1 ready job. Requesting nodes...") == 2
    assert "Nodes were requested 3 times, and no job has ended on them." in watcher.said
    assert f"torc slurm sacct {workflow_id}" in watcher.said
    assert len(desk.records(workflow_id)) == 2 + MOST_FRUITLESS
    assert all(pause >= COOLDOWN_S for pause in pauses(desk, workflow_id))
    assert not desk.queued(workflow_id, "PENDING")


def test_of_two_watches_one_requests_nodes(desk, start_watch):
    workflow_id = desk.submit(HELD)
    end_allocations(desk, workflow_id, 2)
    watchers = [start_watch(workflow_id, "--auto-schedule", "-p", "1") for _ in range(2)]
    wait_for(lambda: len(desk.records(workflow_id)) == 3, "one more allocation", 250)
    wait_for(lambda: sum("Created 1 scheduler" in each.said for each in watchers), "its request")
    for each in watchers:
        each.wait_for("Watching workflow")
    client = desk.client
    wait_for(lambda: client.list_recoveries(workflow_id).items[0].outcome == "done", "the record")
    assert len(client.list_recoveries(workflow_id).items) == 1
    client.cancel_workflow(workflow_id)
    assert [each.end() for each in watchers] == [1, 1]
    assert len(desk.records(workflow_id)) == 3
    assert len(desk.queued(workflow_id, "PENDING")) <= 1


def test_whenever_a_watch_is_killed_the_next_one_requests_nothing_twice(desk):
    ids = [begin_without_nodes(desk) for _ in range(POINTS)]
    output, is_over = str(desk.directory / "output"), threading.Event()

    def kill(step):
        words = (str(step), desk.client.url, str(ids[step - 1]), output)
        return subprocess.run([*DYING, *words], timeout=250, check=False).returncode

    def watch_again(workflow_id):
        request = WatchRequest(
            workflow_id=workflow_id,
            options=WatchOptions(auto_schedule=True, poll_interval_s=2.0),
            site=SiteOptions(output_dir=output),
            run=RunnerOptions(workflow_id=workflow_id),
        )
        return watch(
            Connection(desk.client, is_embedded=False), desk.programs, request, SILENT, is_over
        )

    def outcomes(workflow_id):
        return [each.outcome for each in desk.client.list_recoveries(workflow_id).items]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(kill, range(1, POINTS + 1))) == [-signal.SIGKILL] * POINTS
    fall_silent(*desk.directory.glob("*.db"))
    with ThreadPoolExecutor(POINTS) as pool:
        watches = [pool.submit(watch_again, each) for each in ids]
        try:
            for workflow_id in ids:
                wait_for(lambda each=workflow_id: outcomes(each) == ["done"], "the next watch", 250)
        finally:
            is_over.set()
        assert [each.result() for each in watches] == [None] * POINTS
    for step, workflow_id in enumerate(ids, start=1):
        [_, record] = desk.records(workflow_id)
        assert desk.queued(workflow_id) == [record.scheduler_id], f"killed at step {step}"


def begin_without_nodes(desk):
    """Return a workflow whose allocation is over, while its job is ready."""
    workflow_id = create(desk.client, parse_workflow(ALWAYS_HELD), user="tester").workflow_id
    initialize_workflow(desk.client, workflow_id)
    (scheduler,) = desk.client.list_slurm_schedulers(workflow_id).items
    ended = ScheduledComputeNode(
        workflow_id=workflow_id,
        scheduler_id=10**6 + workflow_id,
        scheduler_config_id=scheduler.id,
        scheduler_type="slurm",
        status="complete",
    )
    desk.client.create_scheduled_compute_node(ended)
    return workflow_id


def test_allocations_that_still_wait_do_not_keep_a_recovery_from_beginning(
    desk, start_watch, tmp_path
):
    workflow_id = desk.submit(IDLE.replace("MARK", str(tmp_path / "mark")))
    watcher = start_watch(workflow_id, "--recover", "-p", "2")
    assert watcher.end(250) == 0, watcher.said
    said = "Canceled 1 allocation that waited for nodes: no job is left for them."
    assert watcher.said.count(said) == 1
    assert "OOM detected, increasing memory 50m -> 75m" in watcher.said
    assert "still active" not in watcher.said
    assert len(desk.records(workflow_id)) == 3


def test_a_controller_that_is_away_is_waited_for(start_cluster, make_desk, watch_on):
    desk = make_desk(start_cluster(nodes=1, message_timeout_s=4))
    workflow_id = desk.submit(HELD)
    watcher = watch_on(desk, workflow_id, "-p", "1", "--auto-schedule")
    watcher.wait_for("Watching workflow")
    desk.cluster.stop_controller()
    watcher.wait_for("Waiting until it answers.")
    desk.cluster.start_controller()
    watcher.wait_for("Slurm answers again.", 250)
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.end() == 130
    assert watcher.said.count("Waiting until it answers.") == 1
    assert len(desk.records(workflow_id)) == 2


def test_without_nodes_a_watch_says_what_to_do(desk, start_watch, tmp_path):
    workflow_id = desk.submit(HELD)
    end_allocations(desk, workflow_id, 2)
    watcher = start_watch(workflow_id, "-p", "1")
    assert watcher.end() == 1
    assert "has no allocation left. Jobs that are not complete: 1." in watcher.said
    never = desk.torc("-f", "json", "workflows", "create", desk.write(HELD)).json["workflow_id"]
    watcher = start_watch(never)
    assert watcher.end() == 1
    assert "was never submitted" in watcher.said
    assert f"torc submit {never}" in watcher.said


def test_whatever_fails_in_a_night_is_mended_but_the_bug(start_cluster, make_desk, watch_on):
    desk = make_desk(start_cluster(nodes=1, preemption="CANCEL"))
    (desk.directory / "large.pl").write_text("$x = q(a) x (200 * 1024 * 1024); sleep 1000\n")
    workflow_id = desk.submit(FOUR)
    watcher = watch_on(desk, workflow_id, "--recover", "--auto-schedule", "-p", "2", "-s")

    def status(name):
        return {job.name: job.status for job in desk.client.list_jobs(workflow_id).items}[name]

    wait_for(lambda: status("preempted") == "running", "a job to run", 250)
    for name in ("large", "long", "bug"):
        wait_for(lambda name=name: status(name) in {"failed", "terminated"}, name, 250)
    desk.cluster.submit("sleep 1", "--partition=short", "--exclusive")

    assert watcher.end(200) == 1, watcher.said
    said = watcher.said
    assert {each: status(each) for each in ("large", "long", "bug", "preempted")} == {
        "large": "completed",
        "long": "completed",
        "bug": "failed",
        "preempted": "completed",
    }, said
    expected = [
        f"Watching workflow {workflow_id} ({FULL})",
        f"Workflow {workflow_id} is complete",
        "Workflow completed with failures:",
        "Attempting automatic recovery (attempt 1/3)",
        "Recovery initiated. Resuming monitoring...",
        "Attempting automatic recovery (attempt 2/3)",
    ]
    lines = said.splitlines()
    places = [lines.index(each) for each in expected]
    assert places == sorted(places)
    assert "OOM detected, increasing memory 50m -> 75m" in said
    assert "timeout detected, increasing runtime" in said
    assert "No recoverable jobs found" in said
    (record,) = desk.client.list_recoveries(workflow_id).items
    assert (record.kind, record.run_id, record.outcome) == ("recover", 1, "done")
    log = logged(desk.directory / "output" / f"watch_{socket.gethostname()}_{workflow_id}.log")
    assert set(expected) <= set(log)
