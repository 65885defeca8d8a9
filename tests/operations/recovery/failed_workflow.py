"""A workflow of whose jobs some failed, each of something else."""

from __future__ import annotations

from tests.operations.situations import node_here
from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.model.compute import ComputeNodePatch
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow

CODES = {"fine": 0, "large": 137, "long": 152, "bug": 3}


class FailedWorkflow:
    """It ran without Slurm; its jobs have run once, all but those that wait for others.

    Args:
        client: The server.
        codes: The return codes of the jobs by name.
        failed: The status of those that failed.
    """

    def __init__(
        self,
        client: TorcClient,
        codes: dict[str, int] | None = None,
        failed: JobStatus = JobStatus.FAILED,
    ) -> None:
        self.client = client
        self.id = client.create_workflow(Workflow(name="failed", user="tester")).id
        self.needs = {
            name: client.create_resource_requirements(
                ResourceRequirements(
                    workflow_id=self.id, name=name, num_cpus=1, memory="50m", runtime="PT2M"
                )
            ).id
            for name in ("small", "short")
        }
        codes = CODES if codes is None else codes
        self.jobs = {name: self._add(name) for name in codes}
        first = next(iter(self.jobs.values()))
        rest = [job for name, job in self.jobs.items() if codes[name] in {137, 152}] or [first]
        self.jobs["after"] = self._add("after", depends_on_job_ids=rest)
        initialize_workflow(client, self.id)
        self._node = client.create_compute_node(node_here(self.id)).id
        for name, code in codes.items():
            self.end(name, code, failed=failed)
        client.update_compute_node(self._node, ComputeNodePatch(is_active=False))

    def _add(self, name: str, **fields: object) -> int:
        job = Job(
            workflow_id=self.id,
            name=name,
            command="true",
            resource_requirements_id=self.needs["short" if name == "long" else "small"],
            cancel_on_blocking_job_failure=True,
            **fields,
        )
        return self.client.create_job(job).id

    def end(
        self,
        name: str,
        code: int,
        run_id: int = 1,
        *,
        attempt_id: int = 1,
        failed: JobStatus = JobStatus.FAILED,
    ) -> None:
        """Report that a job has ended."""
        job = self.jobs[name]
        status = failed if code else JobStatus.COMPLETED
        result = Result(
            job_id=job,
            workflow_id=self.id,
            run_id=run_id,
            attempt_id=attempt_id,
            compute_node_id=self._node,
            return_code=code,
            exec_time_minutes=0.01,
            completion_time=utc_now(),
            status=status,
        )
        self.client.complete_job(job, status, run_id, result)

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each job by name."""
        return {job.name: str(job.status) for job in self.client.list_jobs(self.id).items}

    @property
    def requirements(self) -> dict[str, tuple[str, str]]:
        """Memory and runtime by the name of the requirements."""
        found = self.client.list_resource_requirements(self.id).items
        return {each.name: (each.memory, each.runtime) for each in found if each.name in self.needs}

    @property
    def run_id(self) -> int:
        """The number of the present run."""
        return self.client.get_workflow_status(self.id).run_id
