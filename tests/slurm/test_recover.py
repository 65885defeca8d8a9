"""`torc recover` on a real cluster: what ran there runs there again, with what it lacked."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from operations.recovery.failed_workflow import FailedWorkflow
from operations.recovery.wanted import fall_silent, request
from waiting import wait_for

from torc_core.host.connect import Connection
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowPatch
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.record import read_recoveries
from torc_core.operations.recovery.recover import preview_recover, recover

DYING = [sys.executable, str(Path(__file__).parents[1] / "dying.py"), "recover"]
ONCE = "mkdir NAME || exit 0; "
ONE = """\
name: NAME
execution_config: EXECUTION
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: RUNTIME}
slurm_schedulers: [{name: s, account: project, walltime: "00:10:00", mem: 300M, extra: EXTRA}]
jobs:
  - {name: NAME, command: "COMMAND", resource_requirements: small}
JOBS
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s}
"""
SUBMITTED = "Slurm schedulers regenerated; 1 allocation submitted"
BESIDE = """\
  - {name: first, command: "echo x >> first", resource_requirements: small}
  - {name: second, command: "sleep 1; echo x >> second", resource_requirements: small}
  - {name: bug, command: "exit 3", resource_requirements: small}
  - {name: after, command: "echo x >> after", resource_requirements: small,
     depends_on: [large, first]}
"""


def spec(name, command, *, runtime="PT1M", execution="{mode: direct}", jobs="", extra="''"):
    text = ONE.replace("COMMAND", f"{ONCE}{command}").replace("JOBS", jobs)
    text = text.replace("RUNTIME", runtime).replace("EXECUTION", execution)
    return text.replace("EXTRA", extra).replace("NAME", name)


def statuses(desk, workflow_id):
    return {job.name: str(job.status) for job in desk.client.list_jobs(workflow_id).items}


def requirements(desk, workflow_id):
    found = desk.client.list_resource_requirements(workflow_id).items
    return {each.name: (each.memory, each.runtime) for each in found}["small"]


def allocation(desk, workflow_id):
    return desk.records(workflow_id)[0].scheduler_id


def wait_for_status(desk, workflow_id, name, *wanted):
    def is_so():
        return statuses(desk, workflow_id)[name] in wanted

    wait_for(is_so, f"{name} to be {wanted}", 250)


def tables(desk):
    """Return all that the database holds."""
    [database] = desk.directory.glob("*.db")
    with closing(sqlite3.connect(database)) as opened:
        return list(opened.iterdump())


def prepare(desk):
    """Submit workflows that each fail of something else, and return their ids by what that is."""
    (desk.directory / "large.pl").write_text("$x = q(a) x (200 * 1024 * 1024); sleep 1000\n")
    steps = {"execution": "{mode: slurm}"}
    limited = {"execution": "{mode: direct, limit_resources: true}", "runtime": "PT2S"}
    texts = {
        "large": spec("large", f"exec perl {desk.directory}/large.pl", jobs=BESIDE, **steps),
        "long": spec("long", "exec sleep 1000", **limited),
        "canceled": spec("canceled", "exec sleep 1000"),
        "lost": spec("lost", "exec sleep 1000"),
        "pending": spec("pending", "true", extra="--hold"),
    }
    return {name: desk.submit(text) for name, text in texts.items()}


def end_all(desk, ids):
    """Have each of them end as its name says."""
    refused = desk.torc("-f", "json", "recover", ids["pending"])
    assert refused.code == 5
    waiting = f"1 waiting allocation (Slurm job {allocation(desk, ids['pending'])})"
    assert waiting in refused_error(refused)
    for name in ("canceled", "lost"):
        wait_for_status(desk, ids[name], name, "running")
    assert "1 active job; 1 worker" in refused_error(
        desk.torc("-f", "json", "recover", ids["lost"], "--dry-run")
    )
    desk.programs.cancel([allocation(desk, ids["pending"]), allocation(desk, ids["canceled"])])
    [node] = desk.client.list_compute_nodes(ids["lost"]).items
    os.kill(node.pid, signal.SIGKILL)
    for name in ("canceled", "lost", "pending"):
        desk.cluster.wait_for_end(allocation(desk, ids[name]))
    for name in ("large", "long", "canceled"):
        wait_for_status(desk, ids[name], name, "failed", "terminated")
    for name in ("large", "long", "canceled"):
        desk.wait_for_workers(ids[name])
        desk.cluster.wait_for_end(allocation(desk, ids[name]))


def refused_error(answer):
    return json.loads(answer.out)["error"]


def test_whatever_ended_a_workflow_it_is_brought_to_its_end(desk):
    ids = prepare(desk)
    end_all(desk, ids)
    large = ids["large"]
    jobs = {job.name: job.id for job in desk.client.list_jobs(large).items}
    wait_for(
        lambda: desk.torc("-f", "json", "recover", large, "--dry-run").json["result"]["oom_fixed"],
        "Slurm's word on the step",
    )
    before = tables(desk)
    orphan = desk.torc("-f", "json", "recover", ids["lost"], "--dry-run").json["result"]
    would = orphan["slurm_dry_run"]["planned_schedulers"]
    assert [each["job_names"] for each in would] == [["lost"]]
    planned = desk.torc("-f", "json", "recover", large, "--dry-run").json
    assert tables(desk) == before
    assert planned["result"]["jobs_to_retry"] == [jobs["large"]]
    assert planned["result"]["other_failures"] == 1

    said = {name: desk.torc("recover", each) for name, each in ids.items()}

    assert {name: each.code for name, each in said.items()} == dict.fromkeys(ids, 0), [
        each.err for each in said.values()
    ]
    small = f"Job {jobs['large']} (large): OOM detected, increasing memory 50m -> 75m"
    assert small in said["large"].err
    assert said["large"].out.splitlines() == [
        f"Recovery complete for workflow {large}",
        "  - 1 job(s) had memory increased",
        "  - 1 job(s) not retried",
        f"Reset 1 job(s). {SUBMITTED}, 1 more when their jobs are ready.",
    ]
    assert "increasing runtime PT2S -> " in said["long"].err
    for name in ("canceled", "lost", "pending"):
        assert requirements(desk, ids[name]) == ("50m", "PT1M")
    assert "Reset 1 job(s)." in said["canceled"].out
    for name in ("lost", "pending"):
        assert "Reset" not in said[name].out
        assert "1 allocation submitted" in said[name].out
    made = [
        each
        for each in desk.client.list_slurm_schedulers(large).items
        if each.name.startswith("small")
    ]
    [would, deferred] = planned["result"]["slurm_dry_run"]["planned_schedulers"]
    assert [(each.mem, each.walltime, each.nodes) for each in made] == [
        (each["mem"], each["walltime"], each["nodes"]) for each in (would, deferred)
    ]
    for name, each in ids.items():
        wait_for_status(desk, each, name, "completed")
    wait_for_status(desk, large, "after", "completed")
    assert statuses(desk, large) == {
        **dict.fromkeys(("large", "first", "second", "after"), "completed"),
        "bug": "failed",
    }
    once = [path for name in ("first", "second", "after") for path in desk.directory.rglob(name)]
    assert [path.read_text() for path in once] == ["x\n"] * 3
    assert {each.outcome for name in ids for each in read_recoveries(desk.client, ids[name])} == {
        "done"
    }


def test_the_jobs_of_a_lost_node_run_on_another_with_what_they_had(start_cluster, make_desk):
    cluster = start_cluster(nodes=2)
    desk = make_desk(cluster)
    lost = cluster.nodes[1]
    where = f"--nodelist={lost} --no-requeue"
    workflow_id = desk.submit(spec("node", "exec sleep 1000", extra=f"'{where}'"))
    wait_for_status(desk, workflow_id, "node", "running")
    cluster.kill_node(lost)
    cluster.down_node(lost)
    assert cluster.wait_for_end(allocation(desk, workflow_id)) == "NODE_FAIL"

    recovered = desk.torc("recover", workflow_id)

    assert recovered.code == 0, recovered.err
    assert "Affected jobs:" in recovered.err
    assert SUBMITTED in recovered.out
    assert requirements(desk, workflow_id) == ("50m", "PT1M")
    wait_for_status(desk, workflow_id, "node", "completed")
    last = desk.client.list_results(workflow_id).items
    assert [(each.return_code, each.attempt_id) for each in last] == [(0, 2)]


def test_whenever_it_is_killed_nothing_is_submitted_twice(desk):
    output = str(desk.directory / "output")
    connection = Connection(desk.client, is_embedded=False)
    for step in range(8, 40, 2):
        failed = FailedWorkflow(desk.client)
        pretend_slurm(desk, failed.id)
        died = subprocess.run(
            [*DYING, str(step), desk.client.url, str(failed.id), output],
            cwd=desk.directory,
            timeout=250,
            check=False,
        )
        is_killed = died.returncode == -signal.SIGKILL
        assert is_killed or died.returncode == 0
        if is_killed:
            fall_silent(*desk.directory.glob("*.db"))
            recover(connection, desk.programs, request(failed.id, output))
        assert failed.requirements == {"small": ("75m", "PT2M"), "short": ("50m", "PT3M")}
        assert failed.run_id == 2
        [kept] = read_recoveries(desk.client, failed.id)
        assert (kept.outcome, kept.step) == ("done", "submit"), step
        recorded = {each.scheduler_id for each in desk.records(failed.id)} - {1}
        queued = set(desk.queued(failed.id, "PENDING"))
        assert len(queued) == 2, step
        assert queued == recorded
        desk.programs.cancel(queued)
        if not is_killed:
            break
    else:
        pytest.fail("there are more steps")


def test_a_job_that_is_not_retried_gets_no_nodes(desk):
    failed = FailedWorkflow(desk.client, {"large": 137, "long": 152}, JobStatus.TERMINATED)
    pretend_slurm(desk, failed.id)
    connection = Connection(desk.client, is_embedded=False)
    wanted = request(failed.id, str(desk.directory / "output"))
    wanted = replace(wanted, options=RecoveryOptions(max_runtime_s=120))
    would = preview_recover(connection, desk.programs, wanted).slurm_dry_run

    done = recover(connection, desk.programs, wanted)

    planned = [each["job_names"] for each in would["planned_schedulers"]]
    assert planned == [["large"], ["after"]]
    assert done.regenerated.pending_jobs == 2
    assert failed.statuses == {"large": "ready", "long": "terminated", "after": "blocked"}


def pretend_slurm(desk, workflow_id):
    """Record an allocation that is over; further ones never start."""
    desk.client.update_workflow(workflow_id, WorkflowPatch(slurm_defaults={"hold": True}))
    scheduler = desk.client.create_slurm_scheduler(
        SlurmScheduler(
            workflow_id=workflow_id, name="s", account="project", walltime="00:10:00", nodes=1
        )
    )
    desk.client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id,
            scheduler_id=1,
            scheduler_config_id=scheduler.id,
            scheduler_type="slurm",
            status="complete",
        )
    )
