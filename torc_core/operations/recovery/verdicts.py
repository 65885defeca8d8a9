"""Which jobs are retried, by the causes of their failures alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torc_core.diagnosis.failures import Cause, Diagnosis
from torc_core.diagnosis.words import kind_words
from torc_core.model.ids import JobId
from torc_core.model.status import JobStatus
from torc_core.operations.recovery.facts import RecoveryFacts
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import WhyNot

FAILED = frozenset({JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.PENDING_FAILED})
"""Present statuses of jobs whose failures a recovery looks at."""
RAISED = frozenset({Cause.OUT_OF_MEMORY, Cause.OUT_OF_TIME})
"""Causes for which requirements are raised."""


class JobVerdict(NamedTuple):
    """Whether a job is retried, and why."""

    cause: Cause | None
    """None if it was canceled."""
    why_not: WhyNot | None = None
    """None if it is retried."""
    reason: str = ""
    kind: str = ""
    """What the exit code says where the cause is unknown; empty if only the program knows."""


_CANCELED = JobVerdict(None, WhyNot.CANCELED, "was canceled by itself, not because of a failure")
_UNDECIDED = JobVerdict(
    Cause.UNKNOWN, WhyNot.UNDECIDED, "waits for a decision between retry and failure"
)
_UNKNOWN = JobVerdict(
    Cause.UNKNOWN, WhyNot.UNKNOWN, "failed of an unknown cause; --retry-unknown retries it"
)
_NOT_WRITTEN = JobVerdict(
    Cause.NOT_WRITTEN,
    WhyNot.NOT_WRITTEN,
    "exited with 0 but did not write an output file; --retry-unknown retries it",
)
_UNSTATED = {
    Cause.OUT_OF_MEMORY: "states no memory that could be raised",
    Cause.OUT_OF_TIME: "states no runtime that could be raised",
}


def first_verdicts(
    facts: RecoveryFacts, options: RecoveryOptions
) -> Iterator[tuple[JobId, JobVerdict]]:
    """Yield the verdict on each job that did not end well, by id.

    What was canceled because of a failure is not among them: it follows the job that failed.
    """
    for job_id, job in sorted(facts.jobs.items()):
        if job.status in FAILED:
            yield job_id, _by_cause(facts, job_id, options)
        elif job.status is JobStatus.CANCELED and not _follows_failure(facts, job_id):
            yield job_id, _CANCELED


def _by_cause(facts: RecoveryFacts, job_id: JobId, options: RecoveryOptions) -> JobVerdict:
    diagnosis = facts.diagnoses.get(job_id)
    cause = None if diagnosis is None else diagnosis.cause
    if diagnosis is None or cause is None or cause is Cause.UNKNOWN:
        refused = _NOT_WRITTEN if job_id in facts.not_written else _unknown(diagnosis)
        if options.retries_unknown:
            return JobVerdict(refused.cause, kind=refused.kind)
        is_undecided = facts.jobs[job_id].status is JobStatus.PENDING_FAILED
        return _UNDECIDED if is_undecided else refused
    stated = diagnosis.observation.stated
    lacked = {Cause.OUT_OF_MEMORY: stated.memory_bytes, Cause.OUT_OF_TIME: stated.runtime_s}
    if lacked.get(cause, 0) is None and not options.retries_unknown:
        return JobVerdict(
            cause, WhyNot.UNSTATED, f"{kind_words(diagnosis)}, but {_UNSTATED[cause]}"
        )
    return JobVerdict(cause)


def _unknown(diagnosis: Diagnosis | None) -> JobVerdict:
    """Return the verdict on a job whose failure only its program knows, or its exit code names."""
    kind = "" if diagnosis is None else kind_words(diagnosis)
    if not kind:
        return _UNKNOWN
    return _UNKNOWN._replace(reason=f"{kind}; --retry-unknown retries it", kind=kind)


def _follows_failure(facts: RecoveryFacts, job_id: JobId) -> bool:
    """Return whether a canceled job depends on one that failed, maybe through other such jobs."""
    seen = {job_id}
    left = list(facts.upstream.get(job_id, ()))
    while left:
        other = left.pop()
        job = facts.jobs.get(other)
        if job is None or other in seen:
            continue
        if job.status in FAILED:
            return True
        seen.add(other)
        left += facts.upstream.get(other, ())
    return False
