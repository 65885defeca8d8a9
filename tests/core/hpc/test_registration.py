"""A worker finds the record of its own allocation."""

from __future__ import annotations

import pytest
from nodes import compute_node

from torc_core.hpc.slurm.allocation import read_allocation
from torc_core.hpc.slurm.registration import AllocationOrigin, find_scheduled
from torc_core.hpc.slurm.settle import works_in
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.workflow import Workflow


@pytest.mark.parametrize(
    ("variables", "found"),
    [({"SLURM_CLUSTER_NAME": "here"}, "here"), ({}, "there")],
)
def test_a_record_of_another_cluster_with_the_same_number_is_not_its_own(client, variables, found):
    number = client.create_workflow(Workflow(name="twice", user="tester")).id
    for cluster in ("there", "here"):
        client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=number,
                scheduler_id=9,
                scheduler_config_id=1,
                scheduler_type="slurm",
                status="pending",
                slurm_cluster=cluster,
            )
        )
    allocation = read_allocation({"SLURM_JOB_ID": "9"} | variables, is_subtask=False)

    record = find_scheduled(
        client, number, allocation, AllocationOrigin(key=None, scheduler_id=None)
    )

    assert record is not None
    assert record.slurm_cluster == found


@pytest.mark.parametrize(
    ("kind", "scheduler", "counts"),
    [
        ("slurm", {"slurm_job_id": 9, "slurm_cluster": "here"}, True),
        ("slurm", {"slurm_job_id": "9"}, True),
        ("slurm", {"slurm_job_id": 9, "slurm_cluster": "there"}, False),
        ("slurm", {"slurm_job_id": 8, "slurm_cluster": "here"}, False),
        ("local", None, False),
    ],
)
def test_a_worker_of_the_same_allocation_is_still_at_work(kind, scheduler, counts):
    variables = {"SLURM_JOB_ID": "9", "SLURM_CLUSTER_NAME": "here"}
    other = compute_node(workflow_id=1, hostname="n2", compute_node_type=kind, scheduler=scheduler)

    assert works_in(other, read_allocation(variables, is_subtask=True)) is counts
