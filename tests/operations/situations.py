"""Situations in which a workflow may be when a user asks for something."""

from __future__ import annotations

import os
from pathlib import Path

from nodes import compute_node

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.model.artifact import File
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowPatch
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.lifecycle.run import prepare_run
from torc_core.runner.policy.options import RunnerOptions

HUGE = 100_000


def node_here(workflow_id: int) -> ComputeNode:
    """Return the node of a runner on this machine."""
    return compute_node(
        workflow_id=workflow_id, hostname="here", start_time=utc_now(), is_active=True
    )


class Stage:
    """One workflow of two jobs, the second after the first, and what happens to it."""

    def __init__(self, client: TorcClient, name: str) -> None:
        self.client = client
        self.name = name
        workflow = Workflow(name=name, user="tester", compute_node_wait_for_new_jobs_seconds=0)
        self.id = client.create_workflow(workflow).id
        self.job = self.add("a")
        self.second = self.add("b", depends_on_job_ids=[self.job])

    def add(self, name: str, **fields) -> int:
        job = Job(
            workflow_id=self.id,
            name=name,
            command="true",
            cancel_on_blocking_job_failure=True,
            **fields,
        )
        return self.client.create_job(job).id

    def facts(self) -> dict[str, object]:
        """What sentences name."""
        return {"id": self.id, "name": self.name, "job": self.job, "pid": os.getpid()}

    # Situations

    def uninitialized(self) -> None:
        """Nothing has happened to it."""

    def initialized(self) -> None:
        initialize_workflow(self.client, self.id)

    def unknown(self) -> None:
        self.client.delete_workflow(self.id)

    def archived(self) -> None:
        self.initialized()
        self.client.archive_workflow(self.id, is_archived=True)

    def canceled(self) -> None:
        self.initialized()
        self.client.cancel_workflow(self.id)

    def of_another_user(self) -> None:
        self.client.update_workflow(self.id, WorkflowPatch(user="other"))

    def too_large(self) -> None:
        needs = ResourceRequirements(
            workflow_id=self.id, name="huge", num_cpus=HUGE, memory="1g", runtime="PT1M"
        )
        self.add("c", resource_requirements_id=self.client.create_resource_requirements(needs).id)

    def output_directory_is_a_file(self) -> None:
        Path("output").touch()

    def another_run_is_active(self) -> None:
        options = RunnerOptions(workflow_id=self.id)
        self.run = prepare_run(self.client, options, is_embedded=False)
        self.run.begin()

    def input_is_missing(self) -> None:
        file = self.client.create_file(File(workflow_id=self.id, name="in", path="missing.txt"))
        self.add("c", input_file_ids=[file.id])

    def output_exists(self) -> None:
        Path("out.txt").touch()
        file = self.client.create_file(File(workflow_id=self.id, name="out", path="out.txt"))
        self.add("c", output_file_ids=[file.id])

    def running(self) -> None:
        self.initialized()
        self.node = self.client.create_compute_node(node_here(self.id)).id
        self.client.claim_next_jobs(self.id, 1)
        self.client.start_job(self.job, 1, self.node)

    def failed(self) -> None:
        self.running()
        self.complete_job(self.job, JobStatus.FAILED, 3)

    def complete(self) -> None:
        self.running()
        self.complete_job(self.job, JobStatus.COMPLETED, 0)
        self.client.claim_next_jobs(self.id, 1)
        self.client.start_job(self.second, 1, self.node)
        self.complete_job(self.second, JobStatus.COMPLETED, 0)

    def complete_job(self, job: int, status: JobStatus, code: int, *, attempt_id: int = 1) -> None:
        result = Result(
            job_id=job,
            workflow_id=self.id,
            run_id=1,
            attempt_id=attempt_id,
            compute_node_id=self.node,
            return_code=code,
            exec_time_minutes=0,
            completion_time=utc_now(),
            status=status,
        )
        self.client.complete_job(job, status, 1, result)
