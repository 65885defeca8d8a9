"""States of workflows before a recovery."""

from __future__ import annotations

from tests.core.diagnosis.attempts import diagnosed, needs
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.recovery.facts import RecoveryFacts
from torc_core.operations.recovery.node_kinds import NodeKind

GIB = 2**30


class Situation:
    """A workflow whose jobs are added one after the other, with ids from 1."""

    def __init__(self, *nodes: NodeKind) -> None:
        self.nodes = nodes
        self.jobs = {}
        self.diagnoses = {}
        self.requirements = {}
        self.upstream = {}

    def add(self, status="failed", code=1, *, requirements=None, after=(), result=None, **attempt):
        """Add a job that is `status`, and whose latest attempt ended as `result` or the same."""
        requirements = requirements or needs()
        self.requirements[requirements.id] = requirements
        job_id = len(self.jobs) + 1
        self.jobs[job_id] = Job(
            id=job_id,
            workflow_id=1,
            name=f"job{job_id}",
            command="true",
            status=JobStatus(status),
            resource_requirements_id=requirements.id,
        )
        self.upstream[job_id] = list(after)
        result = result or status
        if result in {"failed", "terminated", "completed", "pending_failed", "canceled"}:
            self.diagnoses[job_id] = diagnosed(
                result, code, requirements=requirements, job_id=job_id, **attempt
            )
        return job_id

    def facts(self) -> RecoveryFacts:
        return RecoveryFacts(
            workflow_id=1,
            run_id=1,
            jobs=self.jobs,
            requirements=self.requirements,
            diagnoses=self.diagnoses,
            upstream=self.upstream,
            nodes=self.nodes,
        )


def node(name="the partition standard", *, cpus=8, memory_gib=64, hours=48, **fields):
    return NodeKind(
        name=name,
        num_cpus=cpus,
        memory_bytes=None if memory_gib is None else round(memory_gib * GIB),
        runtime_s=None if hours is None else round(hours * 3600),
        **fields,
    )
