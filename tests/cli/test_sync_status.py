"""`torc workflows sync-status` where no Slurm is needed: jobs that no runner holds."""

from __future__ import annotations

import pytest
from operations.situations import node_here

from torc_core.model.compute import ComputeNodesResources, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

NO_NODE = 4_000_000


@pytest.fixture
def workflow_id(client):
    """A workflow of which a client of the reference runs a job, on a node that does not exist."""
    number = client.create_workflow(Workflow(name="left", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name=name, command="true") for name in "ab"])
    client.initialize_jobs(number)
    offer = ComputeNodesResources(num_cpus=1, memory_gb=1, num_gpus=0, num_nodes=1)
    [job] = client.claim_jobs_based_on_resources(number, 1, offer).jobs
    client.start_job(job.id, client.get_workflow_status(number).run_id, NO_NODE)
    yield number
    client.delete_workflow(number)


def statuses(client, workflow_id):
    return [job.status for job in client.list_jobs(workflow_id).items]


def test_a_job_that_no_runner_holds_fails(torc, client, workflow_id):
    def report(*options):
        return torc("-f", "json", "workflows", "sync-status", workflow_id, *options).json

    planned = report("--dry-run")
    assert statuses(client, workflow_id) == ["running", "ready"]
    assert client.list_compute_nodes(workflow_id).total_count == 0

    done = report()

    job = client.list_jobs(workflow_id).items[0]
    assert (
        planned
        == done
        == {
            "slurm_jobs_failed": 0,
            "pending_allocations_cleaned": 0,
            "running_jobs_failed": 1,
            "failed_job_details": [
                {
                    "job_id": job.id,
                    "job_name": "a",
                    "reason": "No active compute nodes",
                    "slurm_job_id": None,
                }
            ],
        }
    )
    assert statuses(client, workflow_id) == ["failed", "ready"]
    [result] = client.list_results(workflow_id).items
    assert (result.job_id, result.return_code, result.status) == (job.id, -128, "failed")
    assert report() == {
        "slurm_jobs_failed": 0,
        "pending_allocations_cleaned": 0,
        "running_jobs_failed": 0,
    }


def test_people_read_what_was_done(torc, client, workflow_id):
    job = client.list_jobs(workflow_id).items[0]

    planned = torc("workflows", "sync-status", workflow_id, "--dry-run")
    done = torc("workflows", "sync-status", workflow_id)
    again = torc("workflows", "sync-status", workflow_id)

    assert "Would clean up orphaned jobs:" in planned.out
    assert "Nothing was changed." in planned.out
    assert (
        done.out
        == f"""\
Synchronizing job statuses for workflow {workflow_id}...
Cleaned up orphaned jobs:
  - 1 running job(s) with no active compute nodes

Affected jobs:
  - Job {job.id} (a): No active compute nodes

Total: 1 job(s) marked as failed
You can now run `torc recover {workflow_id}` to retry failed jobs.
"""
    )
    assert f"Nothing to clean up in workflow {workflow_id}." in again.out
    assert {planned.code, done.code, again.code} == {0}


def test_a_job_whose_runner_may_be_there_is_left_alone(torc, client, workflow_id):
    client.create_compute_node(node_here(workflow_id))

    report = torc("-f", "json", "workflows", "sync-status", workflow_id).json

    assert report["running_jobs_failed"] == 0
    assert statuses(client, workflow_id) == ["running", "ready"]


def test_without_slurm_its_allocations_are_not_judged(torc, client, workflow_id, monkeypatch):
    client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id,
            scheduler_id=7,
            scheduler_config_id=1,
            scheduler_type="slurm",
            status="pending",
        )
    )
    monkeypatch.setenv("PATH", "/nowhere")

    answer = torc("workflows", "sync-status", workflow_id)

    assert answer.code == 9
    assert f"The allocations of workflow {workflow_id} were not judged" in answer.err
    assert "Total: 1 job(s) marked as failed" in answer.out
    [record] = client.list_scheduled_compute_nodes(workflow_id).items
    assert record.status == "pending"


def test_what_cannot_be_synchronized_is_refused(torc, client, workflow_id):
    torc("workflows", "archive", "true", workflow_id)

    archived = torc("workflows", "sync-status", workflow_id)
    unknown = torc("workflows", "sync-status", NO_NODE)

    assert (archived.code, unknown.code) == (5, 4)
    assert f"Workflow {workflow_id} is archived." in archived.err
    assert statuses(client, workflow_id) == ["running", "ready"]
