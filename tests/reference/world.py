"""A workflow that has one of everything, at a server of the reference."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.client import TorcClient
from torc_core.model.action import WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.events.event import Event
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow


class World(msgspec.Struct, frozen=True):
    """The ids of what there is."""

    workflow: int
    job: int
    done: int
    """A job that has completed."""
    file: int
    data: int
    requirements: int
    handler: int
    scheduler: int
    node: int
    allocation: int
    event: int
    result: int


def make_world(client: TorcClient, folder: str) -> World:
    """Create one, with one job that has completed and one that is ready."""
    workflow = client.create_workflow(Workflow(name="world", user="tester")).id
    assert workflow is not None
    own: dict[str, Any] = {"workflow_id": workflow}
    file = client.create_file(File(**own, name="f", path=f"{folder}/f.txt")).id
    data = client.create_user_data(UserData(**own, name="d", data={"a": 1})).id
    requirements = client.create_resource_requirements(
        ResourceRequirements(**own, name="r", num_cpus=1, memory="1g", runtime="PT1H")
    ).id
    handler = client.create_failure_handler(
        FailureHandler(**own, name="h", rules='[{"exit_codes": [1], "max_retries": 1}]')
    ).id
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(**own, name="s", account="a", nodes=1, walltime="01:00:00")
    ).id
    done = client.create_job(
        Job(**own, name="done", command="true", output_file_ids=[file or 0])
    ).id
    job = client.create_job(
        Job(**own, name="next", command="true", depends_on_job_ids=[done or 0],
            resource_requirements_id=requirements, failure_handler_id=handler)
    ).id  # fmt: skip
    client.create_workflow_action(
        WorkflowAction(**own, trigger_type="on_workflow_complete", action_type="run_commands",
            action_config={"commands": ["true"]})
    )  # fmt: skip
    client.initialize_jobs(workflow)
    node = client.create_compute_node(
        ComputeNode(**own, hostname="h", pid=1, start_time="2026-01-01T00:00:00.000Z",
            num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1, compute_node_type="local",
            is_active=False)
    ).id  # fmt: skip
    allocation = client.create_scheduled_compute_node(
        ScheduledComputeNode(**own, scheduler_id=5, scheduler_config_id=scheduler,
            scheduler_type="slurm", status="complete")
    ).id  # fmt: skip
    event = client.create_event(Event(**own, timestamp=0, data={"type": "x", "message": "m"})).id
    client.complete_job(
        done, JobStatus.COMPLETED, 0,
        Result(**own, job_id=done, run_id=0, compute_node_id=node, return_code=0,
            exec_time_minutes=0.5, completion_time="2026-01-01T00:00:30.000Z",
            status=JobStatus.COMPLETED),
    )  # fmt: skip
    result = client.list_results(workflow).items[0].id
    found = [
        *(workflow, job, done, file, data, requirements, handler, scheduler, node, allocation),
        *(event, result),
    ]
    assert None not in found
    return World(*found)  # type: ignore[arg-type]
