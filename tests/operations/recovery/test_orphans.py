"""What is over is told from what may go on, and a job ends once."""

from __future__ import annotations

import pytest
from operations.situations import node_here

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import STATES, Cause, Phase
from torc_core.model.compute import ComputeNodesResources, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.recovery.orphans import (
    LostAttempt,
    Orphans,
    decide_elsewhere,
    decide_unheld,
)
from torc_core.operations.recovery.sync_report import describe
from torc_core.operations.recovery.sync_status import is_same_attempt, settle_orphans
from torc_core.operations.slurm.ends import end_words


def running(number, node_id=None, **fields):
    return Job(
        id=number,
        workflow_id=1,
        name=f"j{number}",
        command="true",
        status="running",
        compute_node_id=node_id,
        **fields,
    )


@pytest.mark.parametrize(
    ("active", "unheld"),
    [({5}, [2]), (set(), [1, 2, 3]), ({6}, [1])],
)
def test_a_job_is_unheld_if_its_node_is_not_active_or_there_is_none(active, unheld):
    jobs = [running(1, 5), running(2, 6), running(3), running(4, 7)]

    assert [job.id for job in decide_unheld(jobs, active, known={4})] == unheld


def test_an_attempt_is_the_same_only_as_long_as_its_runner_has_it():
    job = running(1, 5)

    assert is_same_attempt(job, running(1, 5))
    assert not is_same_attempt(job, running(1, 6))
    assert not is_same_attempt(job, running(1, 5, attempt_id=2))


@pytest.mark.parametrize(
    ("state", "exit_code", "words"),
    [
        ("TIMEOUT", None, "Allocation terminated: out of time"),
        ("OUT_OF_MEMORY", None, "Allocation terminated: out of memory"),
        ("NODE_FAIL", None, "Allocation terminated: lost a node"),
        ("PREEMPTED", None, "Allocation terminated: preempted"),
        ("CANCELLED", None, "Allocation terminated: canceled"),
        ("FAILED", 137, "Allocation terminated: exit code 137"),
        ("COMPLETED", 0, "Allocation terminated"),
        ("PENDING", None, "Allocation requeued"),
    ],
)
def test_the_end_of_an_allocation_has_its_cause(state, exit_code, words):
    known = STATES[state]
    view = AllocationView(
        id=1, state=state, phase=known.phase, cause=known.cause, exit_code=exit_code
    )

    assert end_words(view) == words


def test_every_cause_has_words_where_the_exit_code_does_not_say_it():
    gone = AllocationView(id=1, phase=Phase.GONE)
    said = {
        end_words(AllocationView(id=1, phase=Phase.ENDED, cause=cause))
        for cause in Cause
        if cause is not Cause.EXIT
    }

    assert end_words(gone) == end_words(None) == "Allocation terminated"
    assert len(said) == len(Cause) - 1


def test_allocations_of_other_clusters_are_counted():
    records = [
        ScheduledComputeNode(
            workflow_id=1,
            scheduler_id=number,
            scheduler_config_id=1,
            scheduler_type="slurm",
            status="active",
            slurm_cluster=cluster,
        )
        for number, cluster in enumerate(["a", "b", None, "c", "b"])
    ]

    found = decide_elsewhere(records, "a")

    assert found is not None
    assert found.sentence == "3 allocations not judged: this is cluster a, not b, c."
    assert decide_elsewhere(records[:1], "a") is None
    assert decide_elsewhere(records, None) is None


def test_a_server_without_a_rule_for_losses_is_told_that_the_job_failed(client):
    number = client.create_workflow(Workflow(name="lost", user="tester")).id
    client.create_jobs([Job(workflow_id=number, name=name, command="true") for name in "ab"])
    client.initialize_jobs(number)
    node = client.create_compute_node(node_here(number))
    offer = ComputeNodesResources(num_cpus=2, memory_gb=1, num_gpus=0, num_nodes=1)
    run_id = client.get_workflow_status(number).run_id
    jobs = [
        client.start_job(job.id, run_id, node.id)
        for job in client.claim_jobs_based_on_resources(number, 2, offer).jobs
    ]
    lost = tuple(
        LostAttempt(job=job, node_id=node.id, slurm_job_id=9, reason="Allocation terminated")
        for job in jobs
    )
    orphans = Orphans(workflow_id=number, run_id=run_id, lost=lost)
    assert describe(orphans).report.slurm_jobs_failed == 2

    # Meanwhile one was reset.
    client.manage_status_change(jobs[1].id, "ready", run_id)
    done = settle_orphans(client, orphans)

    [result] = client.list_results(number).items
    assert (result.job_id, result.return_code) == (jobs[0].id, -128)
    assert (done.failed, done.ready, done.report.slurm_jobs_failed) == (1, 1, 2)
    assert "Total: 1 job(s) marked as failed" in done.lines
