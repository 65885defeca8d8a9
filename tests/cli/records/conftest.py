from __future__ import annotations

from types import SimpleNamespace

import pytest
from cli.running import Torc

from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, SlurmScheduler
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow


@pytest.fixture
def torc(torc_here: Torc) -> Torc:
    """Run `torc` in this process."""
    return torc_here


def _result(workflow, job, node, run_id, return_code, status):
    return Result(
        workflow_id=workflow.id, job_id=job.id, run_id=run_id, compute_node_id=node.id,
        return_code=return_code, exec_time_minutes=0.5, status=status,
        completion_time="2026-01-31T11:00:00.000Z",
    )  # fmt: skip


@pytest.fixture
def ran(client):
    """A workflow of two jobs that ran in one allocation, with a record of each kind.

    `write` writes the file and the user data that `read` reads. `write` failed in the first run.
    """
    workflow = client.create_workflow(Workflow(name="ran", user="tester"))
    file = client.create_file(File(workflow_id=workflow.id, name="between", path="between.csv"))
    data = client.create_user_data(UserData(workflow_id=workflow.id, name="passed"))
    write, read = client.create_jobs(
        [
            Job(
                workflow_id=workflow.id, name="write", command="true",
                output_file_ids=[file.id], output_user_data_ids=[data.id],
            ),
            Job(
                workflow_id=workflow.id, name="read", command="true",
                input_file_ids=[file.id], input_user_data_ids=[data.id],
            ),
        ]
    )  # fmt: skip
    client.initialize_jobs(workflow.id)
    handler = client.create_failure_handler(
        FailureHandler(workflow_id=workflow.id, name="again", rules='[{"exit_codes": [7]}]')
    )
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(
            workflow_id=workflow.id, name="debug", account="a", nodes=1, walltime="01:00:00"
        )
    )
    allocation = client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow.id, scheduler_id=4711, scheduler_config_id=scheduler.id,
            scheduler_type="slurm", status="complete",
        )
    )  # fmt: skip
    node, elsewhere = (
        client.create_compute_node(
            ComputeNode(
                workflow_id=workflow.id, hostname=host, pid=12, num_cpus=4, memory_gb=8,
                start_time="2026-01-31T10:00:00Z", is_active=False, num_gpus=0, num_nodes=1,
                compute_node_type="slurm", scheduler={"scheduler_id": number},
            )
        )
        for host, number in (("n1", allocation.id), ("n2", allocation.id + 1000))
    )  # fmt: skip
    failed = client.create_result(_result(workflow, write, elsewhere, 1, 3, "failed"))
    wrote = client.create_result(_result(workflow, write, node, 2, 0, "completed"))
    silent = client.create_result(_result(workflow, read, elsewhere, 2, 0, "failed"))
    return SimpleNamespace(
        workflow=workflow, file=file, data=data, write=write, read=read, handler=handler,
        allocation=allocation, node=node, elsewhere=elsewhere,
        failed=failed, wrote=wrote, silent=silent,
    )  # fmt: skip
