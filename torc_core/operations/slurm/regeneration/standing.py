"""What a workflow has of Slurm already, and what follows for a new plan.

Schedulers that were planned together have a tag in their names: the run, and the call. By it a call
that was killed is found again, so that it is carried on, and no second set of allocations comes to
be for the same work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.clock import SystemClock
from torc_core.errors import ConflictError
from torc_core.hpc.planning.stored import Tag, read_tag
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.parse import QueuedAllocation
from torc_core.hpc.slurm.programs.poller import AllocationView, Poller
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, Phase
from torc_core.hpc.slurm.requests import is_of_workflow, keys_of_action
from torc_core.hpc.slurm.settle import decide_settled, unfinished_allocations
from torc_core.model.action import WorkflowAction
from torc_core.model.compute import UNFINISHED_ALLOCATIONS, ScheduledComputeNode, SchedulerType
from torc_core.model.ids import SchedulerId, WorkflowId, id_of
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count
from torc_core.operations.slurm.submission.contents import is_for_slurm, scheduler_ids
from torc_core.operations.slurm.submission.due_actions import is_due
from torc_core.runner.actions.nodes import node_request
from torc_core.units import counted

_NAMED = 5


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow has of Slurm."""

    workflow: Workflow
    run_id: int
    schedulers: tuple[SlurmScheduler, ...]
    """In the order of their ids."""
    actions: tuple[WorkflowAction, ...]
    """Those that request nodes of Slurm."""
    records: tuple[ScheduledComputeNode, ...]
    """The server's, of allocations."""
    views: Mapping[int, AllocationView] = {}
    """What Slurm says of those that the server does not know to be over."""
    cluster: str | None = None
    """The cluster that was asked, if known."""
    queue: tuple[QueuedAllocation, ...] = ()
    """The workflow's, as Slurm still knows them."""
    keeps_keys: bool = True
    """Whether the server keeps the keys of allocations."""


def read_standing(client: TorcClient, slurm: Slurm, workflow_id: WorkflowId) -> Standing:
    """Read what a workflow has of Slurm; on a machine without Slurm, what the server knows.

    Raises:
        NotFoundError: There is no such workflow.
        UnreachableError: Slurm's controller does not answer.
        MachineError: Slurm does not work here.
    """
    workflow = client.get_workflow(workflow_id)
    queue: tuple[QueuedAllocation, ...] = ()
    views: Mapping[int, AllocationView] = {}
    cluster = None
    if slurm.is_here():
        queue = tuple(each for each in slurm.queue() if is_of_workflow(workflow, each.comment))
        unfinished = unfinished_allocations(client, workflow_id)
        if unfinished:
            poller = Poller(slurm, SystemClock())
            poller.watch(record.scheduler_id for record in unfinished)
            views = poller.poll()
            cluster = poller.status().cluster
    return Standing(
        workflow=workflow,
        run_id=client.get_workflow_status(workflow_id).run_id,
        schedulers=tuple(every_item(client.list_slurm_schedulers, workflow_id)),
        actions=tuple(filter(is_for_slurm, client.get_workflow_actions(workflow_id))),
        records=tuple(
            each
            for each in every_item(client.list_scheduled_compute_nodes, workflow_id)
            if each.scheduler_type == SchedulerType.SLURM
        ),
        views=views,
        cluster=cluster,
        queue=queue,
        keeps_keys=client.offers(Feature.ALLOCATION_KEYS),
    )


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is to do."""

    tag: Tag
    """Of the schedulers that it makes, or that an earlier call has made."""
    is_begun: bool = False
    """Allocations of them exist, so all is planned; at most some of them are missing."""
    unfinished: tuple[int, ...] = ()
    """Allocations that wait or run and that it is not about, by their ids in Slurm."""


def decide_course(
    standing: Standing, call: str | None, *, submits: bool, is_forced: bool = False
) -> Course:
    """Return whether to plan, or to carry on what an earlier call has begun. Pure.

    Args:
        standing: What there is.
        call: The name of the call: what it has made before is its own. Without one, the latest
            plan of the run is carried on as long as allocations of it are missing, wait or run.
        submits: Whether allocations are to be requested.
        is_forced: Whether further ones are wanted beside those that wait or run.
    """
    unfinished = unfinished_ids(standing)
    if call is not None:
        tag = Tag(standing.run_id, call)
        return Course(
            tag=tag,
            is_begun=_is_begun(standing, tag),
            unfinished=_of_others(standing, tag, unfinished),
        )
    number = _latest_number(standing)
    latest, following = (Tag(standing.run_id, str(each)) for each in (number, number + 1))
    if number == 0:
        return Course(tag=following, unfinished=unfinished)
    if not _is_begun(standing, latest):
        return Course(tag=latest, unfinished=unfinished)
    if submits and unfinished:
        is_only_one = not is_forced and not _of_others(standing, latest, unfinished)
        if is_only_one or missing_requests(standing, latest):
            return Course(tag=latest, is_begun=True)
    return Course(tag=following, unfinished=unfinished)


def _latest_number(standing: Standing) -> int:
    """Return the number of the latest plan of the run that has one; 0 if none has."""
    tags = (read_tag(each.name) for each in standing.schedulers)
    return max(
        (
            int(tag.call)
            for tag in tags
            if tag is not None and tag.run_id == standing.run_id and tag.call.isdecimal()
        ),
        default=0,
    )


def _of_others(standing: Standing, tag: Tag, unfinished: tuple[int, ...]) -> tuple[int, ...]:
    """Return those allocations that are not of the schedulers with a tag."""
    own_keys = {key for action in actions_of(standing, tag) for key in _keys_of(standing, action)}
    own = {each.scheduler_id for each in records_of(standing, tag)}
    own |= {each.id for each in standing.queue if each.comment in own_keys}
    return tuple(each for each in unfinished if each not in own)


def unfinished_ids(standing: Standing) -> tuple[int, ...]:
    """Return the allocations of a workflow that wait or run, by their ids in Slurm. Pure.

    Also those that a submitter had no time to record, and those that Slurm has requeued since their
    workers left.
    """
    known = {each.scheduler_id for each in standing.records}
    over = {record.scheduler_id for record in _settled(standing)}
    recorded = {
        each.scheduler_id for each in standing.records if each.status in UNFINISHED_ALLOCATIONS
    } - over
    others = requeued_ids(standing.queue) | unrecorded_ids(standing.queue, known)
    return tuple(sorted(recorded | others))


def requeued_ids(queue: Iterable[QueuedAllocation]) -> set[int]:
    """Return the allocations that wait, whatever their records say. Pure."""
    return {each.id for each in queue if each.state.phase is Phase.PENDING}


def unrecorded_ids(queue: Iterable[QueuedAllocation], known: Collection[int]) -> set[int]:
    """Return the allocations that wait or run and that the server does not know. Pure.

    Args:
        queue: The workflow's.
        known: The Slurm ids of all allocations that the server has on record.
    """
    return {
        each.id
        for each in queue
        if each.id not in known
        and (each.state.phase is None or each.state.phase in UNFINISHED_PHASES)
    }


def _settled(standing: Standing) -> tuple[ScheduledComputeNode, ...]:
    return decide_settled(
        standing.records, (), standing.views, cluster=standing.cluster
    ).allocations


def _is_begun(standing: Standing, tag: Tag) -> bool:
    """Return whether an allocation exists of the schedulers with a tag."""
    comments = {each.comment for each in standing.queue}
    return any(records_of(standing, tag)) or any(
        key in comments
        for action in actions_of(standing, tag)
        for key in _keys_of(standing, action)
    )


def records_of(standing: Standing, tag: Tag) -> Iterator[ScheduledComputeNode]:
    """Yield the allocations of the schedulers with a tag that the server knows. Pure."""
    ids = tagged_ids(standing, tag)
    return (each for each in standing.records if each.scheduler_config_id in ids)


def tagged_ids(standing: Standing, tag: Tag) -> Mapping[SchedulerId, SlurmScheduler]:
    """Return the schedulers with a tag by id. Pure."""
    return {
        SchedulerId(id_of(each)): each for each in standing.schedulers if read_tag(each.name) == tag
    }


def actions_of(standing: Standing, tag: Tag) -> Iterator[WorkflowAction]:
    """Yield the actions that request nodes of the schedulers with a tag. Pure."""
    ids = tagged_ids(standing, tag)
    return (action for action in standing.actions if scheduler_ids([action]) & ids.keys())


def missing_requests(standing: Standing, tag: Tag) -> dict[SchedulerId, int]:
    """Return how many allocations are due that neither Slurm nor the server knows. Pure.

    By scheduler, of those with a tag.
    """
    known = {each.request_key for each in standing.records}
    known |= {each.comment for each in standing.queue}
    missing: dict[SchedulerId, int] = {}
    for action in actions_of(standing, tag):
        if is_due(action, keeps_keys=standing.keeps_keys):
            number = sum(key not in known for key in _keys_of(standing, action))
            (scheduler_id,) = scheduler_ids([action])
            if number:
                key = SchedulerId(scheduler_id)
                missing[key] = missing.get(key, 0) + number
    return missing


def _keys_of(standing: Standing, action: WorkflowAction) -> tuple[str, ...]:
    request = node_request(id_of(standing.workflow), id_of(action), action.action_config)
    return keys_of_action(
        standing.workflow, standing.run_id, id_of(action), request.num_allocations
    )


def unfinished_error(workflow_id: WorkflowId, unfinished: tuple[int, ...]) -> ConflictError | None:
    """Return why allocations are not planned beside those that wait or run. Pure."""
    if not unfinished:
        return None
    number = counted(len(unfinished), "Slurm allocation")
    some = ", ".join(map(str, unfinished[:_NAMED]))
    more = f" and {len(unfinished) - _NAMED:,} more" if len(unfinished) > _NAMED else ""
    return ConflictError(
        f"Workflow {workflow_id} has {number} that may still run its jobs: {some}{more}.",
        hint="Wait for their end, or cancel them with scancel; to plan further ones beside them, "
        "use --force.",
        slurm_job_ids=list(unfinished[:100]),
    )


def uninitialized_error(workflow_id: WorkflowId, status: WorkflowStatus) -> ConflictError | None:
    """Return why allocations are not planned for jobs that are yet to be initialized. Pure.

    The initialization would have the actions before request nodes again.
    """
    number = count(status.jobs_by_status, {JobStatus.UNINITIALIZED})
    if not number:
        return None
    is_new = status.run_id == 0
    return ConflictError(
        f"Workflow {workflow_id} has {counted(number, 'job')} that "
        f"{'is' if number == 1 else 'are'} not initialized, and its initialization drops what is "
        "planned before.",
        hint=f"Initialize it first: torc workflows {'initialize' if is_new else 'reinitialize'} "
        f"{workflow_id}",
    )
