"""What a regeneration shows before and after: for questions, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from torc_core.model.ids import SchedulerId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count
from torc_core.operations.reporter import Question
from torc_core.operations.slurm.regeneration.plan_jobs import JobPlan
from torc_core.operations.slurm.regeneration.standing import Standing
from torc_core.operations.slurm.submission.contents import (
    PlannedAllocations,
    SubmissionPlan,
    config_of,
)
from torc_core.units import counted

_NOT_REQUESTED = "not requested"
_READY = "on_jobs_ready"


class MadeScheduler(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduler that a regeneration has made, now or in an earlier call."""

    id: SchedulerId
    name: str
    account: str
    partition: str | None
    walltime: str
    nodes: int
    num_allocations: int
    job_count: int
    has_dependencies: bool
    """Its nodes are requested when its jobs are ready, which wait for others."""


class Regenerated(msgspec.Struct, frozen=True, kw_only=True):
    """New allocations of a workflow were planned, and requested if the user wanted that."""

    workflow_id: WorkflowId
    title: str
    pending_jobs: int
    """Those that the plan is for."""
    schedulers: tuple[MadeScheduler, ...] = ()
    submitted: bool = False
    """Whether allocations were to be requested."""
    slurm_job_ids: tuple[int, ...] = ()
    """Submitted now, by this call or a worker that was quicker."""
    found: tuple[int, ...] = ()
    """Submitted for the same schedulers before."""
    warnings: tuple[str, ...] = ()
    remark: str = ""
    """Why there was nothing to do, or what to do next."""

    @property
    def allocations_deferred(self) -> int:
        """Those that are requested when jobs are ready which wait for others."""
        return sum(each.num_allocations for each in self.schedulers if each.has_dependencies)

    @property
    def sentence(self) -> str:
        """What was done."""
        if not self.schedulers:
            return f"Workflow {self.title} has no pending jobs. {self.remark}".strip()
        what = (
            f"{counted(len(self.schedulers), 'scheduler')} for "
            f"{counted(self.pending_jobs, 'pending job')} of {self.title}"
        )
        later = self.allocations_deferred
        when = f" {later:,} more when their jobs are ready." if later else ""
        if not self.submitted:
            return f"Created {what}.{when} {self.remark}".strip()
        if self.found and not self.slurm_job_ids:
            found = counted(len(self.found), "allocation")
            said = f"Nodes for {self.title} are requested already: {found}.{when} {self.remark}"
            return said.strip()
        number = counted(len(self.slurm_job_ids), "allocation")
        before = f" {len(self.found):,} had been submitted before." if self.found else ""
        return f"Created {what}: submitted {number}.{before}{when}"

    @property
    def record(self) -> dict[str, Any]:
        """All of it for programs, as the reference prints it."""
        return {
            "workflow_id": self.workflow_id,
            "pending_jobs": self.pending_jobs,
            "schedulers_created": [msgspec.structs.asdict(each) for each in self.schedulers],
            "total_allocations": sum(each.num_allocations for each in self.schedulers),
            "allocations_submitted": len(self.slurm_job_ids) + len(self.found),
            "allocations_deferred": self.allocations_deferred,
            "warnings": list(self.warnings),
            "submitted": self.submitted,
            "slurm_job_ids": list(self.slurm_job_ids),
            "message": self.sentence,
        }


def regeneration_question(
    title: str, planned: JobPlan | None, shown: SubmissionPlan, *, submits: bool
) -> Question:
    """Return what a user is asked. Pure.

    Args:
        title: That of the workflow.
        planned: The plan; None if an earlier call has made it.
        shown: What Slurm is asked for.
        submits: Whether allocations are requested.
    """
    verb = "Plan and request" if submits else "Plan"
    if planned is None:
        verb = "Go on requesting"
    jobs = () if planned is None else (counted(len(planned.jobs), "pending job"),)
    return Question(
        sentence=f"{verb} allocations of {title}: {shown.size}?", lines=(*jobs, *shown.lines)
    )


def remark_on_none(workflow_id: WorkflowId, status: WorkflowStatus) -> str:
    """Return what could make jobs pending, if there are none. Pure."""
    stopped = count(status.jobs_by_status, {JobStatus.TERMINATED})
    if stopped:
        return (
            f"With --submit, {counted(stopped, 'job')} run again that "
            f"{'was' if stopped == 1 else 'were'} stopped. If they lacked memory or time: torc "
            f"recover {workflow_id}"
        )
    failed = count(status.jobs_by_status, {JobStatus.FAILED, JobStatus.CANCELED})
    if failed:
        return (
            f"To run the {counted(failed, 'job')} again that failed or were canceled: torc "
            f"workflows reset-status {workflow_id} --failed-only --reinitialize"
        )
    return ""


def remark_on_rest(workflow_id: WorkflowId, call: str | None, *, submits: bool) -> str:
    """Return how to request what a call has not requested. Pure."""
    if not submits:
        to = f"torc slurm regenerate {workflow_id} --submit"
        return f"To request nodes for jobs that are ready: {to}"
    return "" if call else "To plan further ones beside them, use --force."


def planned_allocations(planned: JobPlan, *, submits: bool) -> tuple[PlannedAllocations, ...]:
    """Return what a plan asks for, now and later. Pure."""
    schedulers = {each.record.name: each for each in planned.plan.schedulers}
    found = []
    for group in planned.groups:
        scheduler = schedulers[group.scheduler]
        is_now = submits and not group.is_deferred
        found.append(
            PlannedAllocations(
                trigger_type=_READY if group.is_deferred or is_now else _NOT_REQUESTED,
                scheduler=group.scheduler,
                num_allocations=group.num_allocations,
                nodes=scheduler.record.nodes,
                walltime=scheduler.record.walltime,
                partition=scheduler.partition,
                why=scheduler.why,
                is_now=is_now,
            )
        )
    return tuple(found)


def missing_allocations(
    missing: Mapping[SchedulerId, int], schedulers: Iterable[SlurmScheduler]
) -> tuple[PlannedAllocations, ...]:
    """Return what an earlier call has left to be requested. Pure."""
    return tuple(
        PlannedAllocations(
            trigger_type=_READY,
            scheduler=each.name or f"scheduler {each.id}",
            num_allocations=missing[SchedulerId(id_of(each))],
            nodes=each.nodes,
            walltime=each.walltime,
            partition=each.partition,
            is_now=True,
        )
        for each in schedulers
        if id_of(each) in missing
    )


def made_schedulers(planned: JobPlan, ids: Mapping[str, SchedulerId]) -> tuple[MadeScheduler, ...]:
    """Return what was made of a plan. Pure."""
    return tuple(
        MadeScheduler(
            id=ids[each.record.name],
            name=each.record.name,
            account=each.record.account,
            partition=each.partition,
            walltime=each.record.walltime,
            nodes=each.record.nodes,
            num_allocations=each.allocations,
            job_count=each.num_jobs,
            has_dependencies=planned.is_deferred(each),
        )
        for each in planned.plan.schedulers
    )


def found_schedulers(
    standing: Standing, schedulers: Iterable[SlurmScheduler], jobs: Iterable[Job]
) -> tuple[MadeScheduler, ...]:
    """Return what an earlier call has made. Pure.

    Args:
        standing: What the workflow has of Slurm.
        schedulers: Those that the call has made.
        jobs: Those that are left.
    """
    numbers: dict[int | None, int] = {}
    for job in jobs:
        numbers[job.scheduler_id] = numbers.get(job.scheduler_id, 0) + 1
    allocations: dict[int, int] = {}
    waiting: set[int] = set()
    for action in standing.actions:
        config = config_of(action)
        key = config.get("scheduler_id") or 0
        allocations[key] = allocations.get(key, 0) + (config.get("num_allocations") or 1)
        if not (action.is_triggered or action.executed):
            waiting.add(key)
    return tuple(
        MadeScheduler(
            id=SchedulerId(id_of(each)),
            name=each.name or "",
            account=each.account,
            partition=each.partition,
            walltime=each.walltime,
            nodes=each.nodes,
            num_allocations=allocations.get(id_of(each), 0),
            job_count=numbers.get(id_of(each), 0),
            has_dependencies=id_of(each) in waiting,
        )
        for each in schedulers
    )


def dry_run_record(
    workflow_id: WorkflowId,
    planned: JobPlan | None,
    shown: SubmissionPlan,
    warnings: Iterable[str],
    *,
    submits: bool,
) -> dict[str, Any]:
    """Return a plan for programs, as the reference prints it, and how it came about. Pure."""
    plan = None if planned is None else planned.plan
    return shown.record({"workflow_id": workflow_id}) | {
        "pending_jobs": 0 if planned is None else len(planned.jobs),
        "profile_name": None if plan is None else plan.profile_name,
        "profile_display_name": None if plan is None else plan.profile_display_name,
        "planned_schedulers": [] if planned is None else _planned_records(planned),
        "would_submit": submits,
        "warnings": list(warnings),
    }


def _planned_records(planned: JobPlan) -> list[dict[str, Any]]:
    return [
        {
            "name": each.record.name,
            "account": each.record.account,
            "partition": each.partition,
            "why": each.why,
            "walltime": each.record.walltime,
            "mem": each.record.mem,
            "nodes": each.record.nodes,
            "num_allocations": each.allocations,
            "node_hours": round(each.node_hours, 3),
            "job_count": each.num_jobs,
            "job_names": [planned.jobs[job].name for job in planned.jobs_of(each.record.name)],
            "has_dependencies": planned.is_deferred(each),
        }
        for each in planned.plan.schedulers
    ]
