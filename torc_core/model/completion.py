"""The ends of many jobs, reported in one call."""

from __future__ import annotations

from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire


class JobCompletion(Wire, frozen=True, kw_only=True):
    """The end of a job."""

    job_id: int
    run_id: int
    status: JobStatus
    result: Result


class JobCompletions(Wire, frozen=True, kw_only=True):
    """Ends of jobs of one workflow, each accepted or refused for itself."""

    completions: list[JobCompletion]


class CompletionError(Wire, frozen=True, kw_only=True):
    """Why an end was refused."""

    job_id: int
    message: str


class CompletedJobs(Wire, frozen=True, kw_only=True):
    """What became of the ends, in their order."""

    completed: list[int]
    """Ids of the jobs that have ended so, now or by the same report before."""
    errors: list[CompletionError]
