"""Jobs, their dependencies, and replies to claims."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Literal

from torc_core.model.ids import (
    ComputeNodeId,
    FailureHandlerId,
    FileId,
    JobGroupId,
    JobId,
    RequirementsId,
    SchedulerId,
    UserDataId,
    WorkflowId,
)
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated

_NUMBER = re.compile(r"\d+")


def kind_name(name: str) -> str:
    """Return a job's name with "#" in place of each number: jobs of a kind share it."""
    return _NUMBER.sub("#", name)


class JobOrigin(StrEnum):
    """How a job came to run, if not as one of those that its workflow was created with."""

    RETRY = "retry"
    """A failure handler runs it again."""
    SPAWN = "spawn"
    """Another job added it."""


OnLost = Literal["requeue", "fail", "hold"]
"""What follows when an attempt of a job is lost. `requeue`: the job runs again, until it has lost
too many, so it may be executed more than once. `fail`: it fails. `hold`: it waits for a decision
between retry and failure (`pending_failed`). With the last two it never runs twice unasked, so an
attempt counts as lost even if it is not known to have started."""


class Holder(Wire, frozen=True, kw_only=True):
    """A job that blocks, or has canceled, another one that depends on it."""

    id: JobId
    name: str
    status: JobStatus


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
    on_lost: OnLost | None = None
    """What follows when an attempt is lost with its node or its guard; without it, `requeue`."""
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
    latest_result: Result | None = None
    """Of the attempt that was completed last; in lists, on request. Set by the server."""
    held_by: Holder | None = None
    """Of a blocked job one that it waits for, of a canceled one one that failed, was canceled or
    terminated; in lists, on request. Set by the server."""


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
    on_lost: OnLost | None = None
    priority: int | None = None
    env: dict[str, str] | None = None


class Jobs(Wire, frozen=True, kw_only=True):
    """Jobs of one workflow, created in one transaction."""

    jobs: list[Job]


class SchedulerAssignment(Wire, frozen=True, kw_only=True):
    """Jobs of one workflow, and the Slurm scheduler whose allocations they are for."""

    scheduler_id: SchedulerId
    job_ids: list[JobId]


class JobsChange(StrEnum):
    """What is done to many jobs at once."""

    CANCEL = "cancel"
    RETRY = "retry"


class JobsChangeRequest(Wire, frozen=True, kw_only=True):
    """Jobs of one workflow, and what is done to each."""

    change: JobsChange
    run_id: int
    """The present run of the workflow."""
    job_ids: list[JobId]


class JobsChangeReply(Wire, frozen=True, kw_only=True):
    """Jobs that were changed; the others are gone, or in no status for it."""

    job_ids: list[JobId]


class JobIds(Wire, frozen=True, kw_only=True):
    """The ids of all jobs of a workflow."""

    job_ids: list[JobId]
    count: int


class JobGroup(Wire, frozen=True, kw_only=True):
    """Jobs of a workflow whose names differ in their numbers alone."""

    id: JobGroupId
    workflow_id: WorkflowId
    name: str
    """Of the job, if it is alone; else with "#" for each number."""
    jobs_by_status: dict[str, int] = stated({})
    """Those statuses that occur; none once its jobs were deleted."""
    first_job_id: JobId | None = None
    """The least id of its jobs."""
    needed_group_ids: list[JobGroupId] | None = None
    """Groups whose jobs its jobs depend on; itself, too, if they depend on each other. Absent if
    the workflow has too many groups to work it out."""
    requirements_ids: list[RequirementsId] = stated([])
    """The resource requirements of those that wait or run."""


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
