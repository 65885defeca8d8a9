"""Completions of many jobs, reported in one call."""

from __future__ import annotations

from torc_core.model.ids import JobId
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire


class JobCompletion(Wire, frozen=True, kw_only=True):
    """The report that a job has completed."""

    job_id: JobId
    run_id: int
    status: JobStatus
    result: Result


class JobCompletions(Wire, frozen=True, kw_only=True):
    """Completed jobs of one workflow; each report is accepted or refused separately."""

    completions: list[JobCompletion]


class CompletionError(Wire, frozen=True, kw_only=True):
    """Why a report was refused."""

    job_id: JobId
    message: str


class CompletedJobs(Wire, frozen=True, kw_only=True):
    """The outcomes of the reports, in the order of the request."""

    completed: list[JobId]
    """Ids of the jobs whose reports are recorded, now or by an identical earlier report."""
    errors: list[CompletionError]
