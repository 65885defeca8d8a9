"""A plan takes the place of what requested nodes before, step by step.

Each step finds what an earlier call has done of it. What requests nodes so far is withdrawn first,
and allocations are requested last; so whenever a call is killed, nothing is requested twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.errors import ConflictError
from torc_core.hpc.planning.stored import Tag, read_tag
from torc_core.model.action import ActionType, TriggerType, WorkflowAction
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import ActionId, SchedulerId, WorkflowId, id_of
from torc_core.model.job import JobPatch
from torc_core.model.resources import SlurmScheduler, SlurmSchedulerPatch
from torc_core.operations.slurm.regeneration.plan_jobs import JobPlan, NodeGroup
from torc_core.operations.slurm.submission.contents import config_of, is_for_slurm
from torc_core.spec.expanded import ExpandedSlurmScheduler

_CHANGED = tuple(name for name in SlurmSchedulerPatch.__struct_fields__ if name != "name")
"""What a second plan may have otherwise than the first one of the same tag."""


def replace_requests(
    client: TorcClient,
    workflow_id: WorkflowId,
    planned: JobPlan,
    tag: Tag,
    *,
    submits: bool,
    beside: bool = False,
) -> dict[str, SchedulerId]:
    """Create what a plan needs, and withdraw what requested nodes before.

    Args:
        client: The server.
        workflow_id: The workflow; it is initialized.
        planned: The plan; its schedulers have the tag.
        tag: Their tag.
        submits: Whether to request the nodes for jobs that can run now, too; they are due then.
        beside: What requested nodes before goes on doing so, as it is for other jobs.

    Returns:
        The ids of its schedulers, by name.

    Raises:
        TorcError: The server refused something or did not answer; the next call goes on there.
    """
    groups = [each for each in planned.groups if submits or each.is_deferred]
    if not beside:
        _withdraw_others(client, workflow_id, [], tag)
    ids = _create_schedulers(client, workflow_id, planned)
    _assign(client, workflow_id, planned, ids)
    wanted = [_action(workflow_id, group, ids[group.scheduler]) for group in groups]
    present = [_identity(each) for each in _requests(client, workflow_id)]
    for action in wanted:
        if _identity(action) not in present:
            client.create_workflow_action(action)
    if not beside:
        # Of two calls at once both may have created one; that which was first counts for both.
        _withdraw_others(client, workflow_id, wanted, None)
    return ids


def _requests(client: TorcClient, workflow_id: WorkflowId) -> Iterator[WorkflowAction]:
    """Yield the actions that request Slurm nodes and are not known to be withdrawn."""
    for action in client.get_workflow_actions(workflow_id):
        if is_for_slurm(action) and not action.is_withdrawn:
            yield action


def _withdraw_others(
    client: TorcClient, workflow_id: WorkflowId, kept: Sequence[WorkflowAction], tag: Tag | None
) -> None:
    """Withdraw all requests for nodes but one of each that is kept, and those of a tag."""
    identities = [_identity(each) for each in kept]
    own = set() if tag is None else _ids_of(client, workflow_id, tag)
    for action in _requests(client, workflow_id):
        identity = _identity(action)
        if identity in identities:
            identities.remove(identity)
        elif config_of(action).get("scheduler_id") not in own:
            _withdraw(client, workflow_id, id_of(action))


def _withdraw(client: TorcClient, workflow_id: WorkflowId, action_id: ActionId) -> None:
    with contextlib.suppress(ConflictError):  # at a server of the reference: it stays executed
        client.withdraw_action(workflow_id, action_id)


def _ids_of(client: TorcClient, workflow_id: WorkflowId, tag: Tag) -> set[int]:
    schedulers = every_item(client.list_slurm_schedulers, workflow_id)
    return {id_of(each) for each in schedulers if read_tag(each.name) == tag}


def _create_schedulers(
    client: TorcClient, workflow_id: WorkflowId, planned: JobPlan
) -> dict[str, SchedulerId]:
    """Create the schedulers that there are not yet, and return the ids of all by name."""
    present = _by_name(client, workflow_id)
    for each in planned.plan.schedulers:
        found = present.get(each.record.name)
        if found is None:
            fields = msgspec.structs.asdict(each.record)
            client.create_slurm_scheduler(SlurmScheduler(workflow_id=workflow_id, **fields))
        elif changes := _changes(found, each.record):
            client.update_slurm_scheduler(id_of(found), SlurmSchedulerPatch(**changes))
    names = {each.record.name for each in planned.plan.schedulers}
    present = _by_name(client, workflow_id)
    return {name: SchedulerId(id_of(present[name])) for name in names}


def _by_name(client: TorcClient, workflow_id: WorkflowId) -> dict[str | None, SlurmScheduler]:
    """Return schedulers by name, of several with a name the first."""
    found: dict[str | None, SlurmScheduler] = {}
    for each in every_item(client.list_slurm_schedulers, workflow_id):
        found.setdefault(each.name, each)
    return found


def _changes(found: SlurmScheduler, planned: ExpandedSlurmScheduler) -> dict[str, Any]:
    return {
        name: getattr(planned, name)
        for name in _CHANGED
        if getattr(found, name) != getattr(planned, name)
    }


def _assign(
    client: TorcClient, workflow_id: WorkflowId, planned: JobPlan, ids: dict[str, SchedulerId]
) -> None:
    """Give each job its scheduler: workers of that one prefer it."""
    in_one_call = client.offers(Feature.ASSIGN_SCHEDULER)
    for name, scheduler_id in ids.items():
        jobs = [
            job for job in planned.jobs_of(name) if planned.jobs[job].scheduler_id != scheduler_id
        ]
        if jobs and in_one_call:
            client.assign_scheduler(workflow_id, scheduler_id, jobs)
            continue
        for job in jobs:
            client.update_job(job, JobPatch(scheduler_id=scheduler_id))


def _action(workflow_id: WorkflowId, group: NodeGroup, scheduler_id: SchedulerId) -> WorkflowAction:
    """Return the request of a group: it is due once all of its jobs are ready."""
    config: dict[str, Any] = {
        "scheduler_type": str(SchedulerType.SLURM),
        "scheduler_id": scheduler_id,
        "num_allocations": group.num_allocations,
    }
    if group.start_one_worker_per_node:
        config["start_one_worker_per_node"] = True
    return WorkflowAction(
        workflow_id=workflow_id,
        trigger_type=TriggerType.ON_JOBS_READY,
        action_type=ActionType.SCHEDULE_NODES,
        action_config=config,
        job_ids=list(group.jobs),
        is_recovery=True,
    )


def _identity(action: WorkflowAction) -> tuple[Any, ...]:
    """Return what makes two actions the same request."""
    config = config_of(action)
    return (
        action.trigger_type,
        action.is_recovery,
        config.get("scheduler_id"),
        config.get("num_allocations"),
        bool(config.get("start_one_worker_per_node")),
        tuple(sorted(action.job_ids or ())),
    )
