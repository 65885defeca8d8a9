"""A recovery plan in sentences for people, and in the reference's shape for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torc_core.diagnosis.failures import Cause
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.wire import Wire, stated
from torc_core.operations.recovery.plan import JobGroup, Raise, RecoveryPlan
from torc_core.operations.reports.correct import Adjustment
from torc_core.operations.reports.utilization import UtilizationReport
from torc_core.units import counted

JOBS_APART = 5
"""So many jobs of a group have a line each; more have one together."""
_NAMES_SHOWN = 3
_FOUND = {
    Cause.OUT_OF_MEMORY: "OOM detected",
    Cause.OUT_OF_TIME: "timeout detected",
    Cause.LOST: "lost with its runner or node, retried with what it had",
    Cause.STOPPED: "stopped with its allocation or runner, retried with what it had",
    Cause.NOT_WRITTEN: "did not write an output file, retried",
    Cause.UNKNOWN: "failed of an unknown cause, retried",
}


class NotRetried(Wire, frozen=True, kw_only=True):
    """Jobs that did not end well and are not retried."""

    cause: str | None = None
    """Absent for canceled jobs."""
    why_not: str
    reason: str
    job_ids: list[JobId]


class RecoveryResult(Wire, frozen=True, kw_only=True):
    """What a recovery did, or would do; in the reference's shape, with fields of our own."""

    oom_fixed: int
    timeout_fixed: int
    unknown_retried: int
    other_failures: int
    """Jobs that are not retried."""
    jobs_to_retry: list[JobId]
    adjustments: tuple[Adjustment, ...] = ()
    slurm_dry_run: Any = None
    """The schedulers that would be made."""
    cluster_retried: int = 0
    """Ours: jobs that were lost or stopped, and are retried with what they had."""
    not_retried: tuple[NotRetried, ...] = ()
    """Ours: all that is not retried, and why."""
    node_hours: float = 0.0
    """Ours: what the retried jobs take at most."""


class RecoveryReport(Wire, frozen=True, kw_only=True):
    """A recovery in the reference's shape."""

    workflow_id: WorkflowId
    dry_run: bool = stated(False)
    memory_multiplier: float
    runtime_multiplier: float
    result: RecoveryResult
    diagnosis: UtilizationReport | None = None


def report_recovery(
    plan: RecoveryPlan,
    names: Mapping[JobId, str],
    *,
    dry_run: bool = False,
    slurm_dry_run: Any = None,
    diagnosis: UtilizationReport | None = None,
) -> RecoveryReport:
    """Return a plan for programs.

    Args:
        plan: The plan.
        names: Of its jobs; what is missing is left empty.
        dry_run: Whether it was only looked at.
        slurm_dry_run: The schedulers that would be made.
        diagnosis: What the attempts used, as `check-resource-utilization` reports it.
    """
    return RecoveryReport(
        workflow_id=plan.workflow_id,
        dry_run=dry_run,
        memory_multiplier=plan.memory_multiplier,
        runtime_multiplier=plan.runtime_multiplier,
        result=RecoveryResult(
            oom_fixed=plan.oom_fixed,
            timeout_fixed=plan.timeout_fixed,
            unknown_retried=plan.unknown_retried,
            other_failures=plan.other_failures,
            jobs_to_retry=list(plan.reset),
            adjustments=tuple(_adjustment(each, names) for each in plan.raises),
            slurm_dry_run=slurm_dry_run,
            cluster_retried=plan.cluster_retried,
            not_retried=tuple(
                NotRetried(
                    cause=group.cause,
                    why_not=group.why_not,
                    reason=group.reason,
                    job_ids=list(group.job_ids),
                )
                for group in plan.groups
                if group.why_not is not None
            ),
            node_hours=plan.node_hours,
        ),
        diagnosis=diagnosis,
    )


def plan_lines(plan: RecoveryPlan) -> Iterator[str]:
    """Yield whether the jobs are retried, and which others get the same requirements."""
    raises = {each.requirements_id: each for each in plan.raises}
    for group in plan.groups:
        larger = None if group.requirements_id is None else raises.get(group.requirements_id)
        said = _decision(group, larger)
        for jobs in _jobs(group):
            yield f"{jobs}: {said}"
    for each in plan.raises:
        if each.num_sharing:
            others = counted(each.num_sharing, "other unfinished job")
            share, get = ("shares", "gets") if each.num_sharing == 1 else ("share", "get")
            yield f"{others} {share} the requirements {each.name!r} and {get} the same"


def summary(plan: RecoveryPlan) -> str:
    """Return what a recovery fixes, such as "1 OOM, 0 timeout, 2 lost or stopped"."""
    parts = [f"{plan.oom_fixed:,} OOM", f"{plan.timeout_fixed:,} timeout"]
    if plan.cluster_retried:
        parts.append(f"{plan.cluster_retried:,} lost or stopped")
    if plan.unknown_retried:
        parts.append(f"{plan.unknown_retried:,} unknown")
    if plan.other_failures:
        parts.append(f"{plan.other_failures:,} not retried")
    return ", ".join(parts)


def _decision(group: JobGroup, larger: Raise | None) -> str:
    found = "" if group.cause is None else _FOUND[group.cause]
    if group.why_not is not None:
        return f"not retried: {group.reason}"
    if group.kind:
        return f"{group.kind}, retried"
    if group.cause not in {Cause.OUT_OF_MEMORY, Cause.OUT_OF_TIME}:
        return found
    if larger is None:
        return f"{found}, retried with what it requires now"
    changes = []
    if larger.memory:
        changes.append(_change("memory", larger.old_memory, larger.memory, larger.memory_cap))
    if larger.runtime:
        changes.append(_change("runtime", larger.old_runtime, larger.runtime, larger.runtime_cap))
    return f"{found}, increasing {' and '.join(changes)}"


def _change(kind: str, old: str, new: str, cap: str) -> str:
    limit = f" ({cap})" if cap else ""
    return f"{kind} {old} -> {new}{limit}"


def _jobs(group: JobGroup) -> Iterator[str]:
    """Yield what to call the jobs of a group: each by itself if they are few."""
    if len(group.job_ids) <= JOBS_APART:
        for job_id, name in zip(group.job_ids, group.names, strict=True):
            yield f"Job {job_id} ({name})"
        return
    first = ", ".join(
        f"{job_id} ({name})"
        for job_id, name in zip(group.job_ids[:_NAMES_SHOWN], group.names, strict=False)
    )
    yield f"{len(group.job_ids):,} jobs, such as {first}"


def _adjustment(each: Raise, names: Mapping[JobId, str]) -> Adjustment:
    return Adjustment(
        resource_requirements_id=each.requirements_id,
        resource_requirements_name=each.name,
        job_ids=list(each.job_ids),
        job_names=[names.get(job_id, "") for job_id in each.job_ids],
        memory_adjusted=each.memory is not None,
        original_memory=each.old_memory if each.memory else None,
        new_memory=each.memory,
        max_peak_memory_bytes=each.peak_memory_bytes,
        runtime_adjusted=each.runtime is not None,
        original_runtime=each.old_runtime if each.runtime else None,
        new_runtime=each.runtime,
        max_exec_time_minutes=None if each.longest_s is None else each.longest_s / 60,
    )
