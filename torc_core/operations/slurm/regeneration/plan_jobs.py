"""The allocations for those jobs of a stored workflow that are left to run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.config.hpc import HpcSettings
from torc_core.diagnosis.corrections import with_raised
from torc_core.errors import NotFoundError
from torc_core.hpc.planning.options import PlanOptions
from torc_core.hpc.planning.plan import PlannedScheduler, SchedulerPlan, make_plan
from torc_core.hpc.planning.stored import (
    PLANNED,
    StoredEntry,
    Tag,
    left_entries,
    requirements_names,
    tagged,
)
from torc_core.hpc.profiles.profile import Profile
from torc_core.hpc.slurm.nodes import slurm_defaults
from torc_core.model.action import TriggerType
from torc_core.model.execution import planned_buffer_s, read_execution_config
from torc_core.model.ids import JobId, RequirementsId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import (
    ResourceRequirementsPatch,
    SlurmScheduler,
)
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.hpc.profiles import find_profile
from torc_core.operations.job_graph import JobGraph, read_job_graph
from torc_core.operations.slurm.plan_file import PlanRequest, first_account, requirements_of
from torc_core.resources import Requirements


class NodeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations that are requested together, and the jobs that they are for."""

    scheduler: str
    """The name of a scheduler of the plan."""
    num_allocations: int
    start_one_worker_per_node: bool
    jobs: tuple[JobId, ...]
    is_deferred: bool
    """Its jobs wait for others; otherwise they can run now."""


class JobPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that are left, and the allocations for them."""

    jobs: Mapping[JobId, Job]
    plan: SchedulerPlan
    entries: tuple[StoredEntry, ...]
    """Those of the plan, in its order."""

    @property
    def groups(self) -> tuple[NodeGroup, ...]:
        """All requests for nodes, those first that are due first."""
        return tuple(
            NodeGroup(
                scheduler=planned.action.scheduler,
                num_allocations=planned.action.num_allocations,
                start_one_worker_per_node=planned.action.start_one_worker_per_node,
                jobs=_jobs(self.entries[each] for each in planned.entries),
                is_deferred=planned.action.trigger_type != TriggerType.ON_WORKFLOW_START,
            )
            for planned in self.plan.actions
        )

    def jobs_of(self, scheduler: str) -> tuple[JobId, ...]:
        """Return the jobs of a scheduler of the plan."""
        return _jobs(
            entry
            for entry, name in zip(self.entries, self.plan.scheduler_of, strict=True)
            if name == scheduler
        )

    def is_deferred(self, planned: PlannedScheduler) -> bool:
        """Return whether all jobs of a scheduler wait for others."""
        mine = [each for each in self.groups if each.scheduler == planned.record.name]
        return all(each.is_deferred for each in mine)


def _jobs(entries: Iterable[StoredEntry]) -> tuple[JobId, ...]:
    return tuple(sorted(job for entry in entries for job in entry.jobs))


class LeftJobs(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of a workflow that are left, with what they need."""

    jobs: Mapping[JobId, Job]
    entries: tuple[StoredEntry, ...]
    requirements: Mapping[str, Requirements]


def read_left_jobs(
    client: TorcClient,
    workflow: Workflow,
    included: Collection[JobId],
    statuses: Collection[JobStatus] = PLANNED,
    raised: Mapping[RequirementsId, ResourceRequirementsPatch] = MappingProxyType({}),
) -> LeftJobs:
    """Read the jobs that are left to run.

    Args:
        client: The server.
        workflow: The workflow.
        included: Jobs that are going to run whatever their status is.
        statuses: Those of the other jobs that are going to run.
        raised: Memory and runtime that requirements are going to have.

    Raises:
        NotFoundError: The workflow has not all of the jobs that are to be included.
        UsageError: Their requirements cannot be read.
    """
    found = read_job_graph(client, id_of(workflow))
    _require(found, included)
    records = [
        with_raised(each, raised.get(id_of(each)))
        for each in every_item(client.list_resource_requirements, id_of(workflow))
    ]
    names = requirements_names(records)
    entries = left_entries(found.jobs, found.dependencies, names, frozenset(included), statuses)
    left = {job for entry in entries for job in entry.jobs}
    return LeftJobs(
        jobs={id_of(job): job for job in found.jobs if id_of(job) in left},
        entries=entries,
        requirements={
            names[id_of(each)]: requirements_of(each) for each in records if id_of(each) in names
        },
    )


def _require(graph: JobGraph, included: Collection[JobId]) -> None:
    for missing in sorted(set(included) - {id_of(job) for job in graph.jobs}):
        raise NotFoundError.of("job", missing, hint="See torc jobs list.")


def plan_left_jobs(
    left: LeftJobs,
    workflow: Workflow,
    schedulers: Sequence[SlurmScheduler],
    settings: HpcSettings,
    request: PlanRequest,
) -> JobPlan:
    """Return the allocations that jobs need which are left; not tagged yet.

    Args:
        left: The jobs.
        workflow: Their workflow.
        schedulers: Those that it has, in the order of their ids.
        settings: What the configuration says of HPC systems.
        request: What the user wants.

    Raises:
        NotFoundError: There is no such profile, or none for this machine.
        UsageError: There are jobs without requirements, or that no partition is large enough for;
            no account is known; a value cannot be what it is.
    """
    profile = find_profile(settings, request.profile)
    options = PlanOptions(
        account=_account(request.account, workflow, schedulers, profile),
        group_by=request.group_by,
        walltime_strategy=request.walltime_strategy,
        walltime_multiplier=request.walltime_multiplier,
        single_allocation=request.single_allocation,
    )
    plan = make_plan(
        [each.entry for each in left.entries],
        left.requirements,
        profile,
        options,
        buffer_s=stored_buffer_s(workflow),
        defaults=slurm_defaults(workflow),
    )
    return JobPlan(jobs=left.jobs, plan=plan, entries=left.entries)


def with_tag(planned: JobPlan, tag: Tag) -> JobPlan:
    """Return a plan whose schedulers are called after a tag."""
    return msgspec.structs.replace(planned, plan=tagged(planned.plan, tag))


def _account(
    stated: str | None, workflow: Workflow, schedulers: Sequence[SlurmScheduler], profile: Profile
) -> str:
    """Return the account that is charged; that of the latest scheduler was chosen for this one."""
    present = [each.account for each in reversed(schedulers)]
    default = slurm_defaults(workflow).get("account")
    return first_account(
        (stated, *present, default, profile.default_account),
        hint="Name it with --account: the workflow has no Slurm scheduler whose account could be "
        "charged, and neither its slurm_defaults nor the profile name one.",
    )


def stored_buffer_s(workflow: Workflow) -> int:
    """Return how long before the end of an allocation its runner stops."""
    execution = read_execution_config(workflow.execution_config)
    return planned_buffer_s(workflow.compute_node_expiration_buffer_seconds, execution)
