"""Jobs, the sets of jobs that they wait for, and their attempts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, desc
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from torc_server.storage.tables.columns import (
    NUMBERED,
    json,
    key,
    reference,
    text,
    weak_reference,
    wide,
)


class DependencySetRow(SQLModel, table=True):
    """A set of upstream jobs. All jobs that wait for the same jobs share one set.

    So 1,000 jobs that each wait for the same 1,000 jobs cost 2,000 references, not 1,000,000.
    """

    __tablename__ = "dependency_set"
    __table_args__ = (
        Index("ix_dependency_set", "workflow_id", "fingerprint"),
        NUMBERED,
    )

    id: int | None = key()
    workflow_id: int = reference("workflow.id")
    fingerprint: str = text()
    """The name of the set, see `rules.sets.fingerprint`."""
    remaining: int = wide()
    """Members that have not ended; at zero the waiting jobs go on."""
    unsuccessful: int = wide(default=0)
    """Members that failed or were cancelled or terminated."""


class DependencySetMemberRow(SQLModel, table=True):
    """An upstream job in a set."""

    __tablename__ = "dependency_set_member"

    set_id: int = reference("dependency_set.id", primary_key=True)
    job_id: int = reference("job.id", primary_key=True, index=True)


class JobRow(SQLModel, table=True):
    """A job and where it stands."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_claim",
            "workflow_id",
            "status",
            "resource_requirements_id",
            "scheduler_id",
            desc("priority"),
        ),
        Index("ix_job_name", "workflow_id", "name"),
        Index("ix_job_workflow", "workflow_id", "id"),
        Index(  # few jobs have one, and each job that is not in it is made sooner
            "ix_job_failure_handler",
            "failure_handler_id",
            sqlite_where=sql("failure_handler_id IS NOT NULL"),
        ),
        NUMBERED,
    )

    id: int | None = key()
    workflow_id: int = reference("workflow.id")
    name: str = text()
    command: str = text()
    invocation_script: str | None = text(nullable=True)
    status: int
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    resource_requirements_id: int = reference("resource_requirements.id", index=True)
    scheduler_id: int | None = wide(nullable=True)
    failure_handler_id: int | None = weak_reference("failure_handler.id")
    priority: int = 0
    attempt_id: int = 1
    token: int = wide(default=0)
    """Grows with each claim; a report under an older token comes too late."""
    compute_node_id: int | None = weak_reference("compute_node.id", index=True)
    """Who holds the job while it is pending or running."""
    dependency_set_id: int | None = weak_reference("dependency_set.id", index=True)
    input_hash: str | None = text(nullable=True)
    """What the job depended on when it was last initialized; tells whether it changed."""
    schedule_compute_nodes: Any = json()
    env: Any = json()
    """Environment variables of its process, by name."""
    origin: str | None = text(nullable=True)
    """How it came to be in the workflow, if not by its creation: see `Job.origin`."""
    started_at: int | None = wide(nullable=True)
    """When its present attempt began to run; null unless it runs."""


class AttemptRow(SQLModel, table=True):
    """One claim of a job, from hand-out to end. At most one of a job has not ended."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ux_attempt_token", "job_id", "token", unique=True),
        Index(
            "ix_attempt_open",
            "compute_node_id",
            "claim_seq",
            sqlite_where=sql("ended_at IS NULL"),
        ),
        NUMBERED,
    )

    id: int | None = key()
    job_id: int = reference("job.id")
    workflow_id: int = reference("workflow.id", index=True)
    run_id: int = wide()
    attempt_id: int
    token: int = wide()
    compute_node_id: int | None = wide(nullable=True)
    """Who claimed it; a client of the reference claims without a node. History, so no foreign key:
    it outlives the node."""
    claim_seq: int | None = wide(nullable=True)
    """The turn of the batch protocol that claimed it, to answer a repeated turn the same."""
    claimed_at: int = wide()
    started_at: int | None = wide(nullable=True)
    ended_at: int | None = wide(nullable=True)
    outcome: str | None = Field(default=None)
    """The status reported at its end, or `released`, `lost`; `cancel` and then `canceling` from
    somebody's wish to cancel it until its runner reports the end."""
