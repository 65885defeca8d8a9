"""Jobs, their dependencies, and replies to claims."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from torc_core.model.ids import (
    ComputeNodeId,
    FailureHandlerId,
    FileId,
    JobId,
    RequirementsId,
    SchedulerId,
    UserDataId,
    WorkflowId,
)
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated


class JobOrigin(StrEnum):
    """How a job came to run, if not as one of those that its workflow was created with."""

    RETRY = "retry"
    """A failure handler runs it again."""
    SPAWN = "spawn"
    """Another job added it."""


class Job(Wire, frozen=True, kw_only=True):
    """One command of a workflow.

    The lists of related ids are filled by `GET /jobs/{id}` and, in lists, on request.
    """

    id: JobId | None = None
    workflow_id: WorkflowId
    name: str
    command: str
    invocation_script: str | None = None
    status: JobStatus | None = None
    cancel_on_blocking_job_failure: bool = stated(True)
    supports_termination: bool = stated(False)
    depends_on_job_ids: list[JobId] | None = None
    input_file_ids: list[FileId] | None = None
    output_file_ids: list[FileId] | None = None
    input_user_data_ids: list[UserDataId] | None = None
    output_user_data_ids: list[UserDataId] | None = None
    resource_requirements_id: RequirementsId | None = None
    scheduler_id: SchedulerId | None = stated(None)
    """Null if there is none: the reference's clients expect the key."""
    failure_handler_id: FailureHandlerId | None = None
    attempt_id: int = stated(1)
    priority: int = 0
    """Jobs with a higher priority are claimed first; at least 0."""
    schedule_compute_nodes: Any = None
    env: dict[str, str] | None = None
    """Environment variables of its process; they override the workflow's."""
    origin: str | None = None
    """`retry` for a job that a failure handler runs again, `spawn` for one that another job added;
    absent for all others. Set by the server."""
    start_time: str | None = None
    """When the present attempt started: UTC, ISO 8601 with milliseconds and Z. Set by the
    server while the job runs."""
    compute_node_id: ComputeNodeId | None = None
    """The node that has claimed the job. Set by the server while it is pending or running."""


class JobPatch(Wire, frozen=True, kw_only=True):
    """The fields of a job to change; omitted and null fields keep their values."""

    name: str | None = None
    command: str | None = None
    invocation_script: str | None = None
    status: JobStatus | None = None
    cancel_on_blocking_job_failure: bool | None = None
    supports_termination: bool | None = None
    depends_on_job_ids: list[JobId] | None = None
    input_file_ids: list[FileId] | None = None
    output_file_ids: list[FileId] | None = None
    input_user_data_ids: list[UserDataId] | None = None
    output_user_data_ids: list[UserDataId] | None = None
    resource_requirements_id: RequirementsId | None = None
    scheduler_id: SchedulerId | None = None
    priority: int | None = None
    env: dict[str, str] | None = None


class Jobs(Wire, frozen=True, kw_only=True):
    """Jobs of one workflow, created in one transaction."""

    jobs: list[Job]


class JobIds(Wire, frozen=True, kw_only=True):
    """The ids of all jobs of a workflow."""

    job_ids: list[JobId]
    count: int


class ClaimedJobs(Wire, frozen=True, kw_only=True):
    """Jobs that the caller has claimed."""

    jobs: list[Job]
    reason: str | None = None
    """Why no job was claimed, naming the nearest miss."""


class RunningJob(Wire, frozen=True, kw_only=True):
    """A running job and where it runs."""

    job_id: JobId
    job_name: str
    compute_node_name: str
    """The host; `unknown` if it was not reported."""
    scheduler_type: str
    """The type of the compute node, such as `local` or `slurm`."""
    scheduler_job_id: str | None = None
    """The scheduler's own id of the allocation."""
    start_time: str | None = None
    """UTC, ISO 8601 with milliseconds and Z."""


class JobDependency(Wire, frozen=True, kw_only=True):
    """One edge: `job_id` depends on `depends_on_job_id`."""

    job_id: JobId
    job_name: str
    depends_on_job_id: JobId
    depends_on_job_name: str
    workflow_id: WorkflowId
