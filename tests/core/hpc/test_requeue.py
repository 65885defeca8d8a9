"""Which compute nodes an allocation had before Slurm has started it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from nodes import compute_node

from torc_core.hpc.slurm.allocation import Allocation, read_allocation
from torc_core.hpc.slurm.requeue import node_scheduler, nodes_before
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import Workflow

OUTPUT = Path("/scratch/output")


def allocation(job_id: int = 77, restarts: int = 0, cluster: str = "here") -> Allocation:
    environ = {"SLURM_JOB_ID": str(job_id), "SLURM_CLUSTER_NAME": cluster}
    if restarts:
        environ["SLURM_RESTART_COUNT"] = str(restarts)
    return read_allocation(environ, is_subtask=False)


@pytest.fixture
def workflow_id(client):
    return client.create_workflow(Workflow(name="w", user="u")).id


@pytest.fixture
def scheduled(client, workflow_id):
    scheduler = SlurmScheduler(workflow_id=workflow_id, account="a", nodes=1, walltime="01:00:00")
    return client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id,
            scheduler_id=77,
            scheduler_config_id=client.create_slurm_scheduler(scheduler).id,
            scheduler_type="slurm",
            status="active",
        )
    )


@pytest.fixture
def register(client, workflow_id):
    def register(scheduler):
        node = compute_node(
            workflow_id=workflow_id, hostname="n1", compute_node_type="slurm", scheduler=scheduler
        )
        return client.create_compute_node(node).id

    return register


@pytest.mark.parametrize("is_recorded", [True, False])
def test_those_are_meant_that_were_there_before_the_last_start(
    client, workflow_id, scheduled, register, is_recorded
):
    record = scheduled if is_recorded else None
    first = register(node_scheduler(allocation(), record, OUTPUT))
    second = register(node_scheduler(allocation(restarts=1), record, OUTPUT))
    register(node_scheduler(allocation(restarts=2), record, OUTPUT))  # beside us
    register(node_scheduler(allocation(job_id=78), record, OUTPUT))
    register(node_scheduler(allocation(cluster="there"), record, OUTPUT))
    now = allocation(restarts=2)
    assert nodes_before(client, workflow_id, now, record) == (first, second)
    assert nodes_before(client, workflow_id, allocation(), record) == ()


@pytest.mark.parametrize("said", [None, "77", {"slurm_job_id": 77, "restart_count": "0"}, {}])
def test_what_other_clients_say_of_a_node_is_not_trusted(client, workflow_id, register, said):
    register(said)
    assert nodes_before(client, workflow_id, allocation(restarts=1), None) == ()
