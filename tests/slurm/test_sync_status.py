"""What is over by Slurm's word is recorded, and nothing else."""

from __future__ import annotations

import os
import signal

from slurm.submissions import HELD
from waiting import wait_for

from torc_core.model.compute import ScheduledComputeNode

LONG = """\
name: long
resource_requirements: [{name: small, num_cpus: 1, memory: 50m, runtime: PT1M}]
slurm_schedulers: [{name: s, account: project, walltime: "00:10:00", mem: 200M}]
jobs: [{name: endless, command: "sleep 1000", resource_requirements: small}]
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s,
     scheduler_type: slurm, num_allocations: 1}
"""


def sync(desk, workflow_id, *options):
    return desk.torc("-f", "json", "workflows", "sync-status", workflow_id, *options).json


def statuses(desk, workflow_id):
    return {each.scheduler_id: each.status for each in desk.records(workflow_id)}


def add_record(desk, workflow_id, slurm_job_id, **fields):
    scheduler = desk.client.list_slurm_schedulers(workflow_id).items[0].id
    return desk.client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id,
            scheduler_id=slurm_job_id,
            scheduler_config_id=scheduler,
            scheduler_type="slurm",
            status="active",
            **fields,
        )
    )


def run_long(desk, command="sleep 1000"):
    """Return a workflow whose job runs, and its allocation."""
    workflow_id = desk.submit(LONG.replace("sleep 1000", command))
    [slurm_job] = [each.scheduler_id for each in desk.records(workflow_id)]

    def job():
        [found] = desk.client.list_jobs(workflow_id).items
        return found.status == "running"

    wait_for(job, "the job to run", 250)
    return workflow_id, slurm_job


def kill(desk, workflow_id, slurm_job):
    """End an allocation so that its worker cannot say so."""
    [node] = desk.client.list_compute_nodes(workflow_id).items
    os.kill(node.pid, signal.SIGKILL)
    desk.cluster.wait_for_end(slurm_job)


def test_an_active_allocation_that_is_gone_gives_its_jobs_back(desk):
    workflow_id, slurm_job = run_long(desk)
    assert sync(desk, workflow_id)["slurm_jobs_failed"] == 0
    [job] = desk.client.list_jobs(workflow_id).items
    kill(desk, workflow_id, slurm_job)

    planned = sync(desk, workflow_id, "--dry-run")
    assert statuses(desk, workflow_id) == {slurm_job: "active"}
    done = desk.torc("workflows", "sync-status", workflow_id)

    detail = {"job_id": job.id, "job_name": "endless", "slurm_job_id": str(slurm_job)}
    [planned_detail] = planned.pop("failed_job_details")
    reason = planned_detail.pop("reason")
    assert reason.startswith("Allocation terminated")
    assert planned_detail == detail
    assert planned == {
        "slurm_jobs_failed": 1,
        "pending_allocations_cleaned": 0,
        "running_jobs_failed": 0,
    }
    assert f"Job {job.id} (endless): {reason} (Slurm job {slurm_job})" in done.out
    assert "1 attempt was lost (return code -128); its job is ready again." in done.out
    assert desk.client.get_job(job.id).status == "ready"
    assert statuses(desk, workflow_id) == {slurm_job: "complete"}


def test_a_worker_settles_as_it_starts_what_another_has_left(desk):
    workflow_id, slurm_job = run_long(desk, "test -e begun || { touch begun; sleep 1000; }")
    kill(desk, workflow_id, slurm_job)
    scheduler = desk.client.list_slurm_schedulers(workflow_id).items[0].id

    asked = desk.torc("slurm", "schedule-nodes", workflow_id, "--scheduler-config-id", scheduler)

    assert asked.code == 0, asked.err
    desk.wait_for_completion(workflow_id)
    desk.wait_for_workers(workflow_id)
    assert set(statuses(desk, workflow_id).values()) == {"complete"}


def test_pending_allocations_are_judged_by_their_own_cluster(desk):
    workflow_id = desk.submit(HELD)
    first, second = sorted(statuses(desk, workflow_id))
    desk.cluster.run("scancel", str(first))
    desk.cluster.wait_for_end(first)
    same_number = add_record(desk, workflow_id, first, slurm_cluster="elsewhere")

    answer = desk.torc("-f", "json", "workflows", "sync-status", workflow_id)

    assert answer.json == {
        "slurm_jobs_failed": 0,
        "pending_allocations_cleaned": 1,
        "running_jobs_failed": 0,
    }
    assert "1 allocation not judged: this is cluster torc" in answer.err
    assert "not elsewhere" in answer.err
    assert desk.client.get_scheduled_compute_node(same_number.id).status == "active"
    own = [each for each in desk.records(workflow_id) if each.id != same_number.id]
    assert {each.scheduler_id: each.status for each in own} == {
        first: "complete",
        second: "pending",
    }

    desk.cluster.run("scancel", str(second))
    desk.cluster.wait_for_end(second)
    submitted = desk.torc("submit", workflow_id)
    assert submitted.code == 0, submitted.err  # who knows what is in the other cluster
    canceled = desk.torc("workflows", "cancel", workflow_id)
    assert f"On a login node of their cluster: scancel {first}" in canceled.out
    assert "not elsewhere." in canceled.out


def test_without_accounting_and_while_the_controller_is_down(start_cluster, make_desk):
    cluster = start_cluster(nodes=1, accounting=False, message_timeout_s=3)
    desk = make_desk(cluster)
    workflow_id, slurm_job = run_long(desk)
    kill(desk, workflow_id, slurm_job)
    forgotten = add_record(desk, workflow_id, 4_000_000)
    cluster.stop_controller()

    refused = desk.torc("workflows", "sync-status", workflow_id)
    assert refused.code == 6
    assert "Slurm's controller does not answer" in refused.err
    assert set(statuses(desk, workflow_id).values()) == {"active"}

    cluster.start_controller()
    report = sync(desk, workflow_id)
    assert report["slurm_jobs_failed"] == 1
    assert desk.client.get_scheduled_compute_node(forgotten.id).status == "complete"
    assert set(statuses(desk, workflow_id).values()) == {"complete"}
