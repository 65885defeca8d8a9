"""Events of a job's life: one class for each, with the data that it carries."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.model.events.event import EventType, Severity
from torc_core.model.events.record import EventRecord, node_words
from torc_core.model.ids import ComputeNodeId, JobId
from torc_core.model.status import JobStatus


class JobStarted(EventRecord, frozen=True, kw_only=True):
    """The process of a job began."""

    event_type = EventType.JOB_STARTED
    sentence = "Job {job_name} ({job_id}) started on node {compute_node_id}."

    job_id: JobId
    job_name: str
    compute_node_id: ComputeNodeId
    run_id: int


class _Job(EventRecord, frozen=True, kw_only=True):
    job_id: JobId
    job_name: str


class JobOutcome(_Job, frozen=True, kw_only=True):
    """An attempt is over and its job with it."""

    status: JobStatus
    return_code: int | None = None
    compute_node_id: ComputeNodeId | None = None
    run_id: int


class JobCompleted(JobOutcome, frozen=True, kw_only=True):
    """A job completed: it ended with exit code 0 and wrote its output files."""

    event_type = EventType.JOB_COMPLETED
    sentence = "Job {job_name} ({job_id}) completed."


class JobFailed(JobOutcome, frozen=True, kw_only=True):
    """A job failed."""

    event_type = EventType.JOB_FAILED
    severity = Severity.ERROR
    sentence = "Job {job_name} ({job_id}) failed with exit code {return_code}."


class JobCanceled(JobOutcome, frozen=True, kw_only=True):
    """A job was canceled; without `return_code` it never ran, or is about to be stopped."""

    event_type = EventType.JOB_CANCELED
    severity = Severity.WARNING
    sentence = "Job {job_name} ({job_id}) was canceled."


class JobTerminated(JobOutcome, frozen=True, kw_only=True):
    """A job was stopped by the system: for its runtime, its memory, or a runner's shutdown."""

    event_type = EventType.JOB_TERMINATED
    severity = Severity.WARNING
    sentence = "Job {job_name} ({job_id}) was terminated with exit code {return_code}."


class JobPendingFailed(JobOutcome, frozen=True, kw_only=True):
    """A job failed and waits for a decision between retry and failure."""

    event_type = EventType.JOB_PENDING_FAILED
    sentence = "Job {job_name} ({job_id}) ended with exit code {return_code}; retry or fail it."


class JobRetried(_Job, frozen=True, kw_only=True):
    """A job is ready for a further attempt, whose number is `attempt_id`.

    What is said of the attempt before comes with a runner's own retry only.
    """

    event_type = EventType.JOB_RETRIED
    severity = Severity.WARNING
    sentence = "Job {job_name} ({job_id}) is retried as attempt {attempt_id}."

    status: JobStatus | None = None
    return_code: int | None = None
    compute_node_id: ComputeNodeId | None = None
    run_id: int
    attempt_id: int


class JobReady(_Job, frozen=True, kw_only=True):
    """A job became ready: its dependencies are complete, or its runner lost it."""

    event_type = EventType.JOB_READY
    severity = Severity.DEBUG
    sentence = "Job {job_name} ({job_id}) is ready."

    run_id: int


class JobLost(_Job, frozen=True, kw_only=True):
    """A running attempt was lost with its node or its guard; too many of these fail the job."""

    event_type = EventType.JOB_LOST
    severity = Severity.WARNING
    sentence = (
        "Attempt {attempt_id} of job {job_name} ({job_id}) was lost on node {compute_node_id}."
    )

    attempt_id: int
    compute_node_id: ComputeNodeId
    run_id: int
    reason: str | None = None
    """Why the job does not run again by itself."""

    def __str__(self) -> str:
        sentence = super().__str__()
        return (
            sentence if self.reason is None else f"{sentence} It is not run again: {self.reason}."
        )


class JobAdopted(_Job, frozen=True, kw_only=True):
    """A running job has a runner again: the next of its machine, or its own, back from silence.

    In the second case both nodes are the same.
    """

    event_type = EventType.JOB_ADOPTED

    compute_node_id: ComputeNodeId
    previous_node_id: ComputeNodeId | None
    run_id: int

    def said(self, nodes: Mapping[int, str]) -> str:
        """Return what happened."""
        job, node = f"Job {self.job_name} ({self.job_id})", node_words(self.compute_node_id, nodes)
        continues, before = f"{job} continues on node {node}", self.previous_node_id
        if before == self.compute_node_id:
            return f"{continues}, whose runner is back."
        source = "" if before is None else f" from node {node_words(before, nodes)}"
        return f"{continues}, which adopted it{source}."


class LateResult(_Job, frozen=True, kw_only=True):
    """The completion of an attempt was refused, as its job has moved on; this is all of it."""

    event_type = EventType.LATE_RESULT
    severity = Severity.WARNING
    sentence = (
        "A late result of job {job_name} ({job_id}) was refused: attempt {attempt_id} ended as "
        "{status} with exit code {return_code}."
    )

    attempt_id: int
    token: int
    status: JobStatus
    return_code: int
    exec_time_minutes: float
    completion_time: str
    compute_node_id: ComputeNodeId
    run_id: int


class JobsSpawned(_Job, frozen=True, kw_only=True):
    """A running job added jobs to its workflow."""

    event_type = EventType.JOBS_SPAWNED
    sentence = "Job {job_name} ({job_id}) spawned jobs: {jobs}."

    lineage: str
    iteration: int
    jobs: int
    run_id: int


JOB_OUTCOMES: Mapping[JobStatus, type[JobOutcome]] = {
    JobStatus.COMPLETED: JobCompleted,
    JobStatus.FAILED: JobFailed,
    JobStatus.CANCELED: JobCanceled,
    JobStatus.TERMINATED: JobTerminated,
    JobStatus.PENDING_FAILED: JobPendingFailed,
}
