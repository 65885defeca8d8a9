"""Results of ended attempts, which is a job's latest, and what Slurm says of them."""

from __future__ import annotations

from sqlalchemy import Index

from torc_core.model.ids import ComputeNodeId, JobId, ResultId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, Row, key, reference, text, wide


class ResultRow(Row, table=True):
    """One ended attempt."""

    __tablename__ = "result"
    __table_args__ = (
        Index("ux_result_attempt", "job_id", "run_id", "attempt_id", unique=True),
        NUMBERED,
    )

    id: ResultId = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    job_id: JobId = reference("job.id")
    run_id: int = wide()
    attempt_id: int = wide()
    compute_node_id: ComputeNodeId = reference("compute_node.id", index=True)
    return_code: int = wide()
    exec_time_minutes: float
    completion_time: str = text()
    status: int = wide()
    peak_memory_bytes: int | None = wide(nullable=True)
    avg_memory_bytes: int | None = wide(nullable=True)
    peak_cpu_percent: float | None = None
    avg_cpu_percent: float | None = None


class LatestResultRow(Row, table=True):
    """The latest result of a job."""

    __tablename__ = "workflow_result"

    workflow_id: WorkflowId = reference("workflow.id", index=True)
    job_id: JobId = reference("job.id", primary_key=True)
    result_id: ResultId = reference("result.id", index=True)


class SlurmStatsRow(Row, table=True):
    """What Slurm's accounting says of one attempt."""

    __tablename__ = "slurm_stats"
    __table_args__ = (
        Index("ux_slurm_stats_attempt", "job_id", "run_id", "attempt_id", unique=True),
        NUMBERED,
    )

    id: int = key()
    workflow_id: WorkflowId = reference("workflow.id", index=True)
    job_id: JobId = reference("job.id")
    run_id: int = wide()
    attempt_id: int = wide()
    slurm_job_id: str | None = text(nullable=True)
    max_rss_bytes: int | None = wide(nullable=True)
    max_vm_size_bytes: int | None = wide(nullable=True)
    max_disk_read_bytes: int | None = wide(nullable=True)
    max_disk_write_bytes: int | None = wide(nullable=True)
    ave_cpu_seconds: float | None = None
    node_list: str | None = text(nullable=True)
