"""Looking at a watched workflow: what its server says, and Slurm of its allocations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import takewhile

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.host.runs import RunState
from torc_core.hpc.slurm.programs.poller import AllocationView, PollStatus
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, Phase
from torc_core.model.compute import (
    UNFINISHED_ALLOCATIONS,
    AllocationStatus,
    ComputeNode,
    ScheduledComputeNode,
    SchedulerType,
)
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import LOST_RETURN_CODE, Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.moments import read_moment
from torc_core.operations.local_runs import local_runs
from torc_core.operations.recovery.procedure.outset import is_dead, runs_in_slurm
from torc_core.operations.recovery.record import read_recoveries
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.situation import Allocations, Situation
from torc_core.operations.slurm.queue_watch import QueueWatch

_NEWEST_RESULTS = 100
_IN_QUEUE = UNFINISHED_PHASES - {Phase.UNKNOWN_YET}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A situation, and how well Slurm is known in it."""

    situation: Situation
    queued: tuple[int, ...] = ()
    """Allocations that certainly are the workflow's and wait in the queue, by their ids there."""
    slurm: PollStatus | None
    """None if there is nothing to ask Slurm for, or no Slurm."""


def look(
    client: TorcClient, queue: QueueWatch, workflow_id: WorkflowId, options: WatchOptions
) -> Look:
    """Return how a workflow is; Slurm is asked if it is time, and what it says to be over settled.

    Args:
        client: The server.
        queue: Asks Slurm.
        workflow_id: The workflow.
        options: Those of the watch; what they do not need is not read.

    Raises:
        NotFoundError: The workflow does not exist any more.
        TorcError: The server did not answer.
    """
    seen = queue.look(client, workflow_id)
    recoveries = tuple(read_recoveries(client, workflow_id))
    records = tuple(_of_slurm(every_item(client.list_scheduled_compute_nodes, workflow_id)))
    nodes = tuple(every_item(client.list_compute_nodes, workflow_id, is_active=True))
    # After the nodes: who has left by then has reported the end of its jobs.
    status = client.get_workflow_status(workflow_id)
    is_for_slurm = bool(records) or runs_in_slurm(client, workflow_id)
    alive = [node for node in nodes if not is_dead(node)]
    situation = describe(status, records, alive, {} if seen is None else seen.views)
    situation = msgspec.structs.replace(
        situation,
        allocations=situation.allocations if is_for_slurm else None,
        dead_runners=len(nodes) - len(alive),
        runs_here=sum(each.state is RunState.RUNNING for each in local_runs(client, workflow_id)),
        recoveries=recoveries,
    )
    if situation.schedules:
        end = _last_end(client, workflow_id, status.run_id)
        situation = msgspec.structs.replace(situation, last_end=end)
    if options.auto_schedule and situation.allocations and situation.allocations.left:
        since = tuple(sorted(_retries(client, workflow_id, status.run_id)))
        situation = msgspec.structs.replace(situation, retries=since)
    return Look(
        situation=situation,
        queued=() if seen is None else tuple(_queued(records, seen.views)),
        slurm=None if seen is None else seen.status,
    )


def describe(
    status: WorkflowStatus,
    records: Sequence[ScheduledComputeNode],
    nodes: Iterable[ComputeNode],
    views: Mapping[int, AllocationView],
) -> Situation:
    """Return how a workflow is by its records. Pure.

    Args:
        status: Its own.
        records: Its allocations in Slurm.
        nodes: Those that are active.
        views: What Slurm is known to say.
    """
    unfinished = [each for each in records if each.status in UNFINISHED_ALLOCATIONS]
    over = {number for number, view in views.items() if view.is_over}
    # The worker of an allocation that Slurm preempts leaves, and Slurm then requeues it.
    leaving = [
        each
        for each in records
        if each.status == AllocationStatus.COMPLETE
        and (view := views.get(each.scheduler_id)) is not None
        and view.phase in _IN_QUEUE
    ]
    left = [*(each for each in unfinished if each.scheduler_id not in over), *leaving]
    waiting = sum(each.status == AllocationStatus.PENDING for each in left)
    numbers = {each.scheduler_id for each in left}
    in_slurm = [number for node in nodes if (number := node.slurm_job_id) is not None]
    return Situation(
        workflow_id=WorkflowId(id_of(status)),
        run_id=status.run_id,
        counts=status.jobs_by_status or {},
        is_canceled=status.is_canceled,
        is_archived=status.is_archived,
        allocations=Allocations(
            waiting=waiting,
            running=len(left) - waiting,
            stale=len(unfinished) + len(leaving) - len(left),
            ended=len(records) - len(unfinished) - len(leaving),
        ),
        runners=sum(node.slurm_job_id is None for node in nodes),
        stale_runners=sum(number not in numbers for number in in_slurm),
    )


def _queued(
    records: Iterable[ScheduledComputeNode], views: Mapping[int, AllocationView]
) -> Iterable[int]:
    for record in records:
        view = views.get(record.scheduler_id)
        if view is None or view.comment is None or view.phase is not Phase.PENDING:
            continue
        if view.comment == record.request_key:
            yield record.scheduler_id


def _of_slurm(records: Iterable[ScheduledComputeNode]) -> Iterable[ScheduledComputeNode]:
    return (each for each in records if each.scheduler_type == SchedulerType.SLURM)


def _last_end(client: TorcClient, workflow_id: WorkflowId, run_id: int) -> float | None:
    """Return when an attempt of a run ended last that was not lost."""
    newest = client.list_results(
        workflow_id,
        run_id=run_id,
        all_runs=True,
        sort_by="completion_time",
        reverse_sort=True,
        limit=_NEWEST_RESULTS,
    )
    ends = (
        read_moment(each.completion_time)
        for each in newest.items
        if each.return_code != LOST_RETURN_CODE
    )
    return max(filter(None, ends), default=None)


def waiting_retries(client: TorcClient, workflow_id: WorkflowId) -> Iterable[JobId]:
    """Return the ready jobs that were tried before."""
    ready = partial(
        client.list_jobs,
        workflow_id,
        status=JobStatus.READY,
        sort_by="attempt_id",
        reverse_sort=True,
    )
    if not any(map(_is_retry, ready(limit=1).items)):
        return ()  # most often; whole pages of ready jobs are large
    return (id_of(job) for job in takewhile(_is_retry, every_item(ready)))


def _is_retry(job: Job) -> bool:
    return job.attempt_id > 1


def _retries(client: TorcClient, workflow_id: WorkflowId, run_id: int) -> Iterable[float]:
    """Yield since when each ready job waits that was tried before: since its last attempt ended."""
    waiting = set(waiting_retries(client, workflow_id))
    if not waiting:
        return
    ends: dict[int, float] = {}
    for result in _unsuccessful(client, workflow_id, run_id):
        end = read_moment(result.completion_time)
        if result.job_id in waiting and end is not None:
            ends[result.job_id] = max(end, ends.get(result.job_id, end))
    yield from ends.values()


def _unsuccessful(client: TorcClient, workflow_id: WorkflowId, run_id: int) -> Iterable[Result]:
    for status in (JobStatus.FAILED, JobStatus.TERMINATED):
        yield from every_item(client.list_results, workflow_id, run_id=run_id, status=status)
