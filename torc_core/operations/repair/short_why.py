"""Why a job has failed, waits or was canceled, in a few words: for a column of a list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torc_core.diagnosis.failures import Cause, Diagnosis, OomReason, diagnose
from torc_core.diagnosis.observation import Observation
from torc_core.diagnosis.signatures import kind_of
from torc_core.diagnosis.utilization import Use
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import FAILURES, JobStatus
from torc_core.operations.jobs.output_fault import may_lack_output
from torc_core.runner.policy.exit_outcome import StopReason
from torc_core.runner.policy.outputs.written import FAULT_SIGN
from torc_core.units import format_bytes, format_seconds

FAILED = FAILURES | {JobStatus.PENDING_FAILED}
"""Statuses of jobs whose results tell why."""
_DID = {JobStatus.FAILED: "failed", JobStatus.TERMINATED: "was terminated"}


def short_why(
    job: Job,
    result: Result | None,
    requirements: ResourceRequirements | None,
    codes: Mapping[StopReason, int],
    fault: str = "",
) -> str:
    """Return the reason in words; empty for a job that needs none, or if nothing tells.

    Args:
        job: The job, with what holds it, if that was asked for.
        result: That which its status comes from.
        requirements: What it requires, if that is known.
        codes: Exit codes that its workflow wants in place of those for a limit.
        fault: What is wrong with its output files, if that is known: the reason for an exit code
            that says nothing else.
    """
    holder = job.held_by
    if job.status is JobStatus.BLOCKED and holder is not None:
        return f"blocked by {holder.name}"
    if job.status is JobStatus.CANCELED and holder is not None:
        return f"canceled: {holder.name} {_DID.get(holder.status, 'was canceled')}"
    if job.status not in FAILED or result is None:
        return ""
    observation = Observation(job=job, result=result, requirements=requirements)
    return _failed(diagnose(observation, codes), fault if may_lack_output(result) else "")


def _failed(diagnosis: Diagnosis, fault: str) -> str:
    kind = kind_of(diagnosis)
    if diagnosis.cause is Cause.OUT_OF_MEMORY and diagnosis.oom is not OomReason.KILLED:
        return kind + _amounts(diagnosis.memory, format_bytes)
    if diagnosis.cause is Cause.OUT_OF_TIME:
        return kind + _amounts(diagnosis.runtime, format_seconds)
    return fault.removeprefix(FAULT_SIGN).strip().removesuffix(".") or kind


def _amounts(use: Use | None, shown: Callable[[float], str]) -> str:
    return "" if use is None else f" {shown(use.used)} of {shown(use.specified)}"
