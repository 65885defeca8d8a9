"""Time that a test turns, and claimed jobs as a server gives them."""

from __future__ import annotations

from torc_core.model.exchange import ClaimedJob, JobEnd
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.resources import Resources
from torc_core.runner.policy.context import Monitoring, RunnerContext

EPOCH_MS = 1_800_000_000_000


class SimulatedClock:
    """A clock that moves when it is told to; both of its times move together."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return EPOCH_MS + round(self.now * 1000)


def claimed_job(
    job_id: int = 1, *, token: int = 1, attempt: int = 1, **fields: object
) -> ClaimedJob:
    """Return a job that needs one CPU and a mebibyte."""
    needs = {"num_cpus": 1, "num_gpus": 0, "num_nodes": 1, "memory_bytes": 2**20}
    return ClaimedJob(
        job=Job(id=job_id, workflow_id=7, name=f"j{job_id}", command="true", attempt_id=attempt),
        token=token,
        run_id=1,
        **{**needs, "runtime_seconds": 3600, **fields},
    )


def completion(job_id: int = 1, token: int = 1) -> JobEnd:
    return JobEnd(
        job_id=job_id,
        token=token,
        status=JobStatus.COMPLETED,
        return_code=0,
        exec_time_minutes=0.0,
        completion_time="",
    )


def runner_context(total: Resources, **settings: object) -> RunnerContext:
    """Return the context of a runner on a node with these resources.

    Args:
        total: What the node has.
        settings: The workflow's.
    """
    return RunnerContext(
        workflow=Workflow(id=7, name="w", user="u", **settings),
        workflow_id=7,
        run_id=1,
        node_id=3,
        capabilities=frozenset(),
        hostname="here",
        total=total,
        gpus=tuple(map(str, range(total.num_gpus))),
        bash="/bin/bash",
        output_dir="/o",
        environment={},
        monitoring=Monitoring(enabled=False),
        started=0.0,
    )
