"""Plan the allocations of a workflow file."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.errors import ConflictError, UsageError
from torc_core.hpc.planning.entries import plan_entries
from torc_core.hpc.planning.options import GroupBy, PlanOptions, WalltimeStrategy
from torc_core.hpc.planning.plan import SchedulerPlan, make_plan
from torc_core.hpc.profiles.profile import Profile
from torc_core.model.action import requests_slurm_nodes
from torc_core.model.execution import planned_buffer_s
from torc_core.model.resources import ResourceRequirements
from torc_core.operations.hpc.profiles import find_profile
from torc_core.resources import Requirements
from torc_core.spec.expanded import (
    ExpandedResourceRequirements,
    ExpandedWorkflow,
)
from torc_core.spec.fields import sbatch_value
from torc_core.spec.problems import Problems
from torc_core.units import counted, parse_duration, parse_memory


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks of a plan; None where it is left open."""

    account: str | None = None
    profile: str | None = None
    """The name of an HPC profile."""
    group_by: GroupBy = GroupBy.REQUIREMENTS
    walltime_strategy: WalltimeStrategy = WalltimeStrategy.MAX_JOB_RUNTIME
    walltime_multiplier: float = 1.5
    single_allocation: bool = False
    with_actions: bool = True
    overwrite: bool = False
    """Replace the schedulers that the workflow has."""


def plan_allocations(
    spec: ExpandedWorkflow, settings: HpcSettings, request: PlanRequest
) -> SchedulerPlan:
    """Return the allocations that the jobs of a workflow file need.

    Raises:
        ConflictError: The workflow has schedulers, or requests nodes, and is not to be overwritten.
        NotFoundError: There is no such profile, or none for this machine.
        UsageError: There are jobs without requirements, or that no partition is large enough for;
            no account is named; a value cannot be what it is.
    """
    if not request.overwrite:
        _refuse_scheduled(spec)
    profile = find_profile(settings, request.profile)
    options = PlanOptions(
        account=choose_account(request.account, spec, profile),
        group_by=request.group_by,
        walltime_strategy=request.walltime_strategy,
        walltime_multiplier=request.walltime_multiplier,
        single_allocation=request.single_allocation,
        with_actions=request.with_actions,
    )
    return plan_with(spec, profile, options)


def plan_with(spec: ExpandedWorkflow, profile: Profile, options: PlanOptions) -> SchedulerPlan:
    """Return the allocations that the jobs of a workflow file need of an HPC system.

    Raises:
        UsageError: There are jobs without requirements, or that no partition is large enough for.
    """
    return make_plan(
        plan_entries(spec),
        {each.name: requirements_of(each) for each in spec.resource_requirements},
        profile,
        options,
        buffer_s=planned_buffer_s(
            spec.settings.compute_node_expiration_buffer_seconds, spec.settings.execution_config
        ),
        defaults=spec.settings.slurm_defaults or {},
    )


def requirements_of(
    stated: ExpandedResourceRequirements | ResourceRequirements,
) -> Requirements:
    """Return requirements as numbers."""
    return Requirements.stated(
        num_cpus=stated.num_cpus,
        memory_bytes=parse_memory(stated.memory),
        num_gpus=stated.num_gpus,
        num_nodes=stated.num_nodes,
        runtime_s=parse_duration(stated.runtime),
    )


def choose_account(stated: str | None, spec: ExpandedWorkflow, profile: Profile) -> str:
    """Return the Slurm account of a plan: named, the workflow's, or the profile's.

    Raises:
        UsageError: There is none.
    """
    default = (spec.settings.slurm_defaults or {}).get("account")
    return first_account(
        (stated, default, profile.default_account),
        hint="Name it with --account, as `account` in the file's slurm_defaults, or as "
        "default_account of the profile.",
    )


def first_account(candidates: Iterable[object], hint: str) -> str:
    """Return the first Slurm account that is stated.

    Args:
        candidates: What may be accounts, those first that count most; None where none is stated.
        hint: What to do if there is none.

    Raises:
        UsageError: There is none, or it cannot be one.
    """
    account = next(filter(None, candidates), None)
    if account is None:
        raise UsageError("No Slurm account is named.", hint=hint)
    problems = Problems()
    sbatch_value(account, (), problems)
    for _, problem in problems.errors:
        raise UsageError(
            f"The Slurm account is not valid: {problem}.",
            hint="Write its name: letters, digits, and characters such as _ and -.",
            field="account",
        )
    return str(account)


def _refuse_scheduled(spec: ExpandedWorkflow) -> None:
    requests = sum(
        requests_slurm_nodes(action.action_type, action.scheduler_type) for action in spec.actions
    )
    if not spec.slurm_schedulers and not requests:
        return
    raise ConflictError(
        f"The workflow has {counted(len(spec.slurm_schedulers), 'Slurm scheduler')} and "
        f"{counted(requests, 'request')} for nodes already.",
        hint="Submit it as it is with torc submit, or plan it again with --overwrite.",
    )
