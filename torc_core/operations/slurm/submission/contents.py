"""What a submission asks of Slurm, before anything is asked: for the question, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from torc_core.model.action import (
    WORKER_TRIGGERS,
    TriggerType,
    WorkflowAction,
    requests_slurm_nodes,
)
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import SchedulerId
from torc_core.model.resources import SlurmScheduler
from torc_core.operations.facts import first_lines
from torc_core.spec.expanded import ExpandedSlurmScheduler, ExpandedWorkflow
from torc_core.spec.fields import walltime_seconds
from torc_core.units import counted


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """The partition that a plan means for allocations which may not name one."""

    partition: str
    why: str
    """A sentence."""


class PlannedAllocations(msgspec.Struct, frozen=True, kw_only=True):
    """What one action asks for."""

    trigger_type: str
    scheduler: str
    num_allocations: int
    nodes: int
    """Of each allocation."""
    walltime: str
    partition: str | None = None
    why: str | None = None
    """Why this partition; None if a user has chosen it."""
    is_now: bool
    """With the submission; otherwise when its trigger fires."""

    @property
    def node_hours(self) -> float:
        """What they take if each lasts its whole walltime."""
        return self.num_allocations * self.nodes * (walltime_seconds(self.walltime) or 0) / 3_600

    @property
    def line(self) -> str:
        """All of it, for people."""
        when = "now" if self.is_now else self.trigger_type
        where = f"partition {self.partition}" if self.partition else "the default partition"
        why = f" ({self.why.rstrip('.')})" if self.why else ""
        return (
            f"  {when}: {counted(self.num_allocations, 'allocation')} of "
            f"{counted(self.nodes, 'node')} for {self.walltime}, {self.scheduler}, {where}{why}"
        )

    @property
    def record(self) -> dict[str, Any]:
        """All of it, for programs."""
        return msgspec.structs.asdict(self) | {"node_hours": round(self.node_hours, 2)}


class SubmissionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a submission of a workflow asks for, now and later."""

    allocations: tuple[PlannedAllocations, ...]
    server: str | None = None
    """How compute nodes reach the server, a sentence; None if nothing is submitted yet."""
    output_dir: str | None = None

    @property
    def num_allocations(self) -> int:
        """How many allocations there will be."""
        return sum(each.num_allocations for each in self.allocations)

    @property
    def node_hours(self) -> float:
        """What they take if each lasts its whole walltime."""
        return sum(each.node_hours for each in self.allocations)

    @property
    def size(self) -> str:
        """How much that is, in words."""
        return (
            f"{counted(self.num_allocations, 'allocation')}, "
            f"at most {self.node_hours:,.1f} node-hours"
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, for a question."""
        return (
            *first_lines(each.line for each in self.allocations),
            *([self.server] if self.server else []),
            *([f"Logs: {self.output_dir}"] if self.output_dir else []),
        )

    def record(self, title: Mapping[str, Any]) -> dict[str, Any]:
        """Return all of it, for programs; `title` names the workflow."""
        return {
            "dry_run": True,
            **title,
            "total_allocations": self.num_allocations,
            "node_hours": round(self.node_hours, 2),
            "allocations": [each.record for each in self.allocations],
            "server": self.server,
            "output_dir": self.output_dir,
        }


def is_for_slurm(action: WorkflowAction) -> bool:
    """Return whether an action requests nodes of Slurm."""
    return requests_slurm_nodes(action.action_type, config_of(action).get("scheduler_type"))


def scheduler_ids(actions: Iterable[WorkflowAction]) -> frozenset[int]:
    """Return the ids of the schedulers whose nodes actions request."""
    stated = (config_of(action).get("scheduler_id") for action in actions)
    return frozenset(number for number in stated if isinstance(number, int))


def plan_stored(
    actions: Iterable[WorkflowAction],
    schedulers: Mapping[SchedulerId, SlurmScheduler],
    *,
    is_new: bool,
) -> tuple[PlannedAllocations, ...]:
    """Return what the actions of a workflow ask for that have not asked for it yet. Pure.

    Args:
        actions: Those that request nodes of Slurm.
        schedulers: Those of the workflow, by id.
        is_new: The workflow is going to be initialized, so all actions are due again.
    """
    planned = []
    for action in actions:
        scheduler = schedulers.get(SchedulerId(config_of(action).get("scheduler_id") or 0))
        if scheduler is None or (action.executed and not is_new):
            continue
        is_now = (
            action.trigger_type == TriggerType.ON_WORKFLOW_START if is_new else action.is_triggered
        )
        planned.append(
            PlannedAllocations(
                trigger_type=action.trigger_type,
                scheduler=scheduler.name or f"scheduler {scheduler.id}",
                num_allocations=config_of(action).get("num_allocations") or 1,
                nodes=scheduler.nodes,
                walltime=scheduler.walltime,
                partition=scheduler.partition,
                is_now=is_now and action.trigger_type not in WORKER_TRIGGERS,
            )
        )
    return tuple(planned)


def plan_expanded(
    spec: ExpandedWorkflow, placements: Mapping[str, Placement]
) -> tuple[PlannedAllocations, ...]:
    """Return what the actions of a workflow file ask for. Pure.

    Args:
        spec: The workflow.
        placements: What a plan says of partitions, by the names of schedulers.
    """
    planned = []
    for action in spec.actions:
        if action.scheduler is None or action.scheduler_type != SchedulerType.SLURM:
            continue
        scheduler: ExpandedSlurmScheduler = spec.slurm_schedulers[action.scheduler]
        placement = placements.get(scheduler.name)
        planned.append(
            PlannedAllocations(
                trigger_type=action.trigger_type,
                scheduler=scheduler.name,
                num_allocations=action.num_allocations or 1,
                nodes=scheduler.nodes,
                walltime=scheduler.walltime,
                partition=placement.partition if placement else scheduler.partition,
                why=placement.why if placement else None,
                is_now=action.trigger_type == TriggerType.ON_WORKFLOW_START,
            )
        )
    return tuple(planned)


def config_of(action: WorkflowAction) -> Mapping[str, Any]:
    """Return the configuration of an action; empty if it is none, as other clients may write."""
    return action.action_config if isinstance(action.action_config, dict) else {}
