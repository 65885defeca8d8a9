"""A workflow with results that say what a test wants them to."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow


class Attempts:
    """One workflow; each job has a result from the same node.

    Args:
        client: The server.
        node: What the record of the node says.
    """

    def __init__(self, client: TorcClient, **node: object) -> None:
        self.client = client
        self.workflow_id = client.create_workflow(Workflow(name="attempts", user="tester")).id
        self.jobs: list[int] = []
        record = ComputeNode(
            workflow_id=self.workflow_id,
            hostname="n1",
            pid=33,
            start_time=utc_now(),
            num_cpus=1,
            memory_gb=1.0,
            num_gpus=0,
            num_nodes=1,
            **{"compute_node_type": "local", **node},
        )
        self._node = client.create_compute_node(record).id

    def needs(self, name: str, memory: str, runtime: str) -> int:
        """Create requirements and return their id."""
        record = ResourceRequirements(
            workflow_id=self.workflow_id, name=name, memory=memory, runtime=runtime
        )
        return self.client.create_resource_requirements(record).id

    def add(
        self,
        name: str,
        requirements: int | None = None,
        *,
        code: int = 0,
        peak_gib: float | None = None,
        minutes: float = 1.0,
    ) -> int:
        """Create a job with a result and return its id."""
        job = Job(
            workflow_id=self.workflow_id,
            name=name,
            command="true",
            resource_requirements_id=requirements,
        )
        self.jobs.append(self.client.create_job(job).id)
        self.result(self.jobs[-1], code=code, peak_gib=peak_gib, minutes=minutes)
        return self.jobs[-1]

    def result(
        self,
        job_id: int,
        *,
        run_id: int = 1,
        code: int = 0,
        peak_gib: float | None = None,
        minutes: float = 1.0,
    ) -> None:
        """Store a result."""
        record = Result(
            job_id=job_id,
            workflow_id=self.workflow_id,
            run_id=run_id,
            compute_node_id=self._node,
            return_code=code,
            exec_time_minutes=minutes,
            completion_time=utc_now(),
            status=JobStatus.FAILED if code else JobStatus.COMPLETED,
            peak_memory_bytes=None if peak_gib is None else round(peak_gib * 2**30),
        )
        self.client.create_result(record)
