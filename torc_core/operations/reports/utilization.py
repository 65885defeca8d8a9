"""Which jobs used more of memory, CPU or time than they state."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from torc_core.client import TorcClient
from torc_core.diagnosis.failures import Cause, Diagnosis
from torc_core.diagnosis.observation import NOTHING
from torc_core.diagnosis.utilization import Use, memory_text
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated
from torc_core.operations.reports.observe import diagnose_results
from torc_core.units import counted

LEAST_OVER_PERCENT = 1.0
"""Measurements of less above what is stated are noise."""


class UtilizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at, and what is shown of it."""

    workflow_id: WorkflowId
    run_id: int | None = None
    """Attempts of this run; by default the latest of each job."""
    show_all: bool = False
    """Also what stayed within its limits."""
    include_failed: bool = False
    """Also attempts that were unsuccessful, and why they may have been."""
    least_over_percent: float = LEAST_OVER_PERCENT


class Violation(Wire, frozen=True, kw_only=True):
    """How much of one resource a job used, beside what it states; in the reference's shape."""

    job_id: JobId
    job_name: str
    resource_type: str
    specified: str
    peak_used: str
    over_utilization: str


class ResourceViolation(Wire, frozen=True, kw_only=True):
    """What one attempt did beyond its limits; in the reference's shape."""

    job_id: JobId
    job_name: str
    return_code: int
    exec_time_minutes: float
    configured_memory: str
    configured_runtime: str
    configured_cpus: int
    peak_memory_bytes: int | None = None
    peak_memory_formatted: str | None = None
    likely_oom: bool = False
    oom_reason: str | None = None
    memory_over_utilization: str | None = None
    likely_timeout: bool = False
    timeout_reason: str | None = None
    runtime_utilization: str | None = None
    """The part of its runtime, in percent."""
    likely_cpu_violation: bool = False
    peak_cpu_percent: float | None = None
    likely_runtime_violation: bool = False


class UtilizationReport(Wire, frozen=True, kw_only=True):
    """What was used beyond requirements; in the reference's shape."""

    workflow_id: WorkflowId
    run_id: int | None = stated(None)
    total_results: int
    """How many jobs were looked at."""
    over_utilization_count: int
    violations: list[Violation]
    resource_violations_count: int | UnsetType = UNSET
    resource_violations: list[ResourceViolation] | UnsetType = UNSET
    """With failed attempts only."""


class Utilization(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the report, and what is beside it."""

    report: UtilizationReport
    unstated: int
    """How many jobs state no requirements, so that nothing can exceed them."""
    unexplained: int
    """How many of the failed attempts show no sign of a lack of memory or time."""

    @property
    def sentence(self) -> str:
        """What was found, in short."""
        report = self.report
        compared = report.total_results - self.unstated
        if not compared:
            return f"Workflow {report.workflow_id} has no results to check."
        if report.over_utilization_count:
            found = counted(report.over_utilization_count, "resource over-utilization violation")
            return f"Found {found}."
        of_them = f"{counted(compared, 'job')} of workflow {report.workflow_id}"
        return f"All within their limits: {of_them}."


def check_utilization(client: TorcClient, request: UtilizationRequest) -> Utilization:
    """Compare what jobs used with what they state.

    Raises:
        NotFoundError: There is no such workflow.
    """
    found = diagnose_results(client, request.workflow_id, run_id=request.run_id)
    return report_utilization(found, request)


def report_utilization(diagnoses: Iterable[Diagnosis], request: UtilizationRequest) -> Utilization:
    """Return what attempts have used. Pure."""
    checked = [each for each in diagnoses if _is_checked(each, request)]
    least = request.least_over_percent
    used = [(each, use) for each in checked for use in each.uses]
    report = UtilizationReport(
        workflow_id=request.workflow_id,
        run_id=request.run_id,
        total_results=len(checked),
        over_utilization_count=sum(use.is_over(least) for _, use in used),
        violations=[
            _violation(each, use) for each, use in used if request.show_all or use.is_over(least)
        ],
    )
    if request.include_failed:
        found = [each for each in map(_resource_violation, checked) if each is not None]
        report = msgspec.structs.replace(
            report, resource_violations_count=len(found), resource_violations=found
        )
    return Utilization(
        report=report,
        unstated=sum(each.observation.stated == NOTHING for each in checked),
        unexplained=sum(each.cause is Cause.UNKNOWN for each in checked),
    )


def _is_checked(diagnosis: Diagnosis, request: UtilizationRequest) -> bool:
    observation = diagnosis.observation
    if observation.is_failure:
        return request.include_failed
    return observation.result.status is JobStatus.COMPLETED


def _violation(diagnosis: Diagnosis, use: Use) -> Violation:
    job = diagnosis.observation.job
    return Violation(
        job_id=id_of(job),
        job_name=job.name,
        resource_type=use.resource,
        specified=use.specified_text,
        peak_used=use.used_text,
        over_utilization=use.over_text,
    )


def _resource_violation(diagnosis: Diagnosis) -> ResourceViolation | None:
    """Return what an attempt did beyond its limits, None if there is no sign of that."""
    cpu, runtime, memory = diagnosis.cpu, diagnosis.runtime, diagnosis.memory
    is_over_cpu = cpu is not None and cpu.is_over(LEAST_OVER_PERCENT)
    if not (diagnosis.needs_memory or diagnosis.needs_runtime or is_over_cpu):
        return None
    observation = diagnosis.observation
    result, needs = observation.result, observation.requirements
    peak = result.peak_memory_bytes
    return ResourceViolation(
        job_id=result.job_id,
        job_name=observation.job.name,
        return_code=result.return_code,
        exec_time_minutes=result.exec_time_minutes,
        configured_memory=needs.memory if needs else "",
        configured_runtime=needs.runtime if needs else "",
        configured_cpus=needs.num_cpus if needs else 1,
        peak_memory_bytes=peak,
        peak_memory_formatted=None if peak is None else memory_text(peak),
        likely_oom=diagnosis.oom is not None,
        oom_reason=diagnosis.oom,
        memory_over_utilization=memory.over_text if memory and memory.is_over() else None,
        likely_timeout=diagnosis.timeout is not None,
        timeout_reason=diagnosis.timeout,
        runtime_utilization=f"{runtime.share_percent:.1f}%" if runtime else None,
        likely_cpu_violation=is_over_cpu,
        peak_cpu_percent=result.peak_cpu_percent,
        likely_runtime_violation=runtime is not None and runtime.is_over(),
    )
