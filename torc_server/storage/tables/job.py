"""Jobs, the sets of jobs that they depend on, and their attempts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, desc
from sqlmodel import Field

from torc_core.model.ids import (
    ComputeNodeId,
    FailureHandlerId,
    JobGroupId,
    JobId,
    RequirementsId,
    SchedulerId,
    WorkflowId,
)
from torc_core.model.job import OnLost
from torc_server.storage.tables.columns import (
    NUMBERED,
    Row,
    count,
    flag,
    json,
    key,
    only,
    reference,
    text,
    weak_reference,
    wide,
)


class DependencySetRow(Row, table=True):
    """A set of upstream jobs. All jobs with the same dependencies share one set.

    So 1,000 jobs that each depend on the same 1,000 jobs cost 2,000 references, not 1,000,000.
    """

    __tablename__ = "dependency_set"
    __table_args__ = (
        Index("ix_dependency_set", "workflow_id", "fingerprint"),
        NUMBERED,
    )

    id: int = key()
    workflow_id: WorkflowId = reference("workflow.id")
    fingerprint: str = text()
    """The name of the set, see `rules.sets.fingerprint`."""
    remaining: int = wide()
    """Members that have not completed; at zero the dependents are ready or canceled."""
    unsuccessful: int = wide(default=0)
    """Members that failed or were canceled or terminated."""


class DependencySetMemberRow(Row, table=True):
    """An upstream job in a set."""

    __tablename__ = "dependency_set_member"

    set_id: int = reference("dependency_set.id", primary_key=True)
    job_id: JobId = reference("job.id", primary_key=True, index=True)


class JobGroupRow(Row, table=True):
    """Jobs whose names differ in their numbers alone."""

    __tablename__ = "job_group"
    __table_args__ = (
        Index("ux_job_group_name", "workflow_id", "name", unique=True),
        NUMBERED,
    )

    id: JobGroupId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    name: str = text()
    """With "#" for each number."""


class JobRow(Row, table=True):
    """A job and its status."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_claim",
            "workflow_id",
            "status",
            "resource_requirements_id",
            "scheduler_id",
            desc("priority"),
            "id",
            "group_id",  # so that groups are counted without an index that changes with each status
        ),
        Index("ix_job_name", "workflow_id", "name"),
        Index("ix_job_workflow", "workflow_id", "id"),
        Index("ix_job_attempt", "workflow_id", "attempt_id", "id"),
        Index("ix_job_group", "group_id"),
        Index("ix_job_dependency_set_id", "dependency_set_id", "group_id"),
        Index(  # few jobs have one, and each job that is not in it is made sooner
            "ix_job_failure_handler",
            "failure_handler_id",
            **only("failure_handler_id IS NOT NULL"),
        ),
        NUMBERED,
    )

    id: JobId = key()
    workflow_id: WorkflowId = reference("workflow.id")
    name: str = text()
    command: str = text()
    invocation_script: str | None = text(nullable=True)
    status: int = wide()
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    resource_requirements_id: RequirementsId = reference("resource_requirements.id", index=True)
    scheduler_id: SchedulerId | None = wide(nullable=True)
    failure_handler_id: FailureHandlerId | None = weak_reference("failure_handler.id")
    on_lost: OnLost | None = text(nullable=True)
    """See `Job.on_lost`."""
    priority: int = wide(default=0)
    attempt_id: int = wide(default=1)
    token: int = wide(default=0)
    """Grows with each claim; a report under an older token is stale."""
    compute_node_id: ComputeNodeId | None = weak_reference("compute_node.id", index=True)
    """The node that has claimed the job while it is pending or running."""
    dependency_set_id: int | None = weak_reference("dependency_set.id")
    group_id: JobGroupId = wide()
    """Without a foreign key: it goes with the workflow, as the job does."""
    input_hash: str | None = text(nullable=True)
    """A hash of the job's inputs when it was last initialized, to see whether they changed."""
    schedule_compute_nodes: Any = json()
    env: Any = json()
    """Environment variables of its process, by name."""
    origin: str | None = text(nullable=True)
    """Why the job was created or retried: see `Job.origin`."""
    started_at: int | None = wide(nullable=True)
    """When its present attempt started; null unless it is running."""
    interrupted: bool = flag()
    """If terminated, through no fault of its own: its dependents wait, and a start resumes it."""
    uncounted_attempts: int = count()
    """How many attempts do not count as retries: lost with their runners, interrupted, or from
    before the latest reset."""


class AttemptRow(Row, table=True):
    """One claim of a job, until it completes. At most one attempt of a job is open."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ux_attempt_token", "job_id", "token", unique=True),
        Index(
            "ix_attempt_open",
            "compute_node_id",
            "claim_seq",
            **only("ended_at IS NULL"),
        ),
        NUMBERED,
    )

    id: int = key()
    job_id: JobId = reference("job.id")
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    run_id: int = wide()
    attempt_id: int = wide()
    token: int = wide()
    compute_node_id: ComputeNodeId | None = wide(nullable=True)
    """The node that claimed it; the reference's clients claim without one. No foreign key, because
    the history outlives the node."""
    claim_seq: int | None = wide(nullable=True)
    """The exchange that claimed it, so that a repeated exchange gets the same reply."""
    claimed_at: int = wide()
    started_at: int | None = wide(nullable=True)
    ended_at: int | None = wide(nullable=True)
    outcome: str | None = Field(default=None)
    """An `AttemptOutcome`."""
