"""Claiming ready jobs: each claim makes an attempt under a new token."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.ids import ComputeNodeId, JobId, RequirementsId, SchedulerId, WorkflowId
from torc_core.model.job import ClaimedJobs, Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import SortMethod
from torc_core.resources import Capacity, Requirements
from torc_core.units import parse_duration
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.packing import Group, pack, sort_method_of
from torc_server.rules.attempts.ready import (
    COUNT_LIMIT,
    ReadyGroup,
    count_jobs,
    first_jobs,
    ready_groups,
)
from torc_server.rules.attempts.shortage import describe_shortage, nearest_miss
from torc_server.rules.jobs import SomeJob, job_of, linked_ids
from torc_server.rules.workflows import find_workflow, is_resuming
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import check_free
from torc_server.storage.statements import Prepared, Record

MAX_CLAIM = 10_000
"""The most jobs that one claim takes to run now, and the most that it prefetches."""

_job = tables.job
_attempt = tables.attempt
_TAKE = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)), _job.c.status == JobStatus.READY.number)
    .values(
        status=JobStatus.PENDING.number,
        token=_job.c.token + 1,
        compute_node_id=bindparam("node_id"),
    )
)
# A runner that fell silent may have started it anyway; then its logs have the number.
_MAY_HAVE_STARTED = or_(
    _attempt.c.started_at.is_not(None),
    _attempt.c.compute_node_id.is_not(None)
    & (func.coalesce(_attempt.c.outcome, "") != AttemptOutcome.RELEASED),
)
_STARTED = Prepared(
    select(_attempt.c.job_id, func.max(_attempt.c.attempt_id))
    .where(
        _attempt.c.job_id.in_(bindparam("ids", expanding=True)),
        _attempt.c.run_id == bindparam("run_id"),
        _MAY_HAVE_STARTED,
    )
    .group_by(_attempt.c.job_id)
)
_RENUMBER = Prepared(
    update(_job)
    .where(_job.c.id == bindparam("of_job"))
    .values(
        attempt_id=bindparam("number"),
        uncounted_attempts=_job.c.uncounted_attempts + bindparam("number") - _job.c.attempt_id,
    )
)
_ATTEMPT = Prepared(
    insert(_attempt),
    *("job_id", "workflow_id", "run_id", "attempt_id", "token"),
    *("compute_node_id", "claim_seq", "claimed_at"),
)


@dataclass(frozen=True, slots=True)
class Claimer:
    """The node that claims, or the client."""

    workflow_id: WorkflowId
    run_id: int
    compute_node_id: ComputeNodeId | None = None
    """None for a client of the reference, which does not name one."""
    seq: int | None = None
    """The number of the exchange in which it claims."""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """Which jobs a claimer can take."""

    limit: int
    """The most jobs to run now; `MAX_CLAIM` is the most in any case."""
    free: Capacity | None = None
    """None: jobs are claimed regardless of their requirements."""
    scheduler_id: SchedulerId | None = None
    strict: bool = False
    """Claim no jobs of another scheduler even when there are no others."""
    sort_method: SortMethod = SortMethod.NONE
    prefetch: int = 0
    """The most further jobs, to run later; `MAX_CLAIM` bounds them too."""
    node: Capacity | None = None
    """What the whole node has, for jobs to run later."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Jobs that a claimer now holds: their rows as they were, with the token before."""

    rows: Sequence[Record]
    requirements: Mapping[RequirementsId, Requirements]
    """By id."""
    numbers: Mapping[JobId, int]
    """The numbers of attempts, by job, where they differ from those of the rows."""
    reason: str | None = None
    """Why there are no jobs."""
    missed: Sequence[ReadyGroup] = ()
    """Groups with no job claimed although the claimer has room, nearest first."""


def claim(conn: Connection, claimer: Claimer, request: ClaimRequest, *, now_ms: int) -> Claim:
    """Claim ready jobs.

    Raises:
        ReservedError: The workflow is being initialized.
    """
    check_free(conn, claimer.workflow_id)
    limit, prefetch = (max(0, min(n, MAX_CLAIM)) for n in (request.limit, request.prefetch))
    request = dataclasses.replace(request, limit=limit, prefetch=prefetch)
    groups = ready_groups(conn, claimer.workflow_id)
    rows = _choose(conn, claimer.workflow_id, groups, request)
    if not rows:
        reason = _explain(conn, claimer.workflow_id, groups, request)
        return Claim((), {}, {}, reason, _missed(groups, request))
    numbers = take(conn, claimer, rows, now_ms=now_ms)
    requirements = {group.requirements_id: group.requirements for group in groups}
    return Claim(rows, requirements, numbers)


def take(
    conn: Connection, claimer: Claimer, rows: Sequence[SomeJob], *, now_ms: int
) -> Mapping[JobId, int]:
    """Let a claimer hold ready jobs, each in an attempt under a new token.

    Returns:
        New numbers of attempts, by job: a number that another attempt may have started with in this
        run is not used again, as the logs of that attempt have it. It was lost, and counts as no
        retry.
    """
    numbers = _new_numbers(conn, claimer.run_id, rows)
    _TAKE.run_of(conn, [row.id for row in rows], node_id=claimer.compute_node_id)
    _ATTEMPT.run_each(
        conn,
        [
            {
                "job_id": row.id,
                "workflow_id": claimer.workflow_id,
                "run_id": claimer.run_id,
                "attempt_id": numbers.get(row.id, row.attempt_id),
                "token": row.token + 1,
                "compute_node_id": claimer.compute_node_id,
                "claim_seq": claimer.seq,
                "claimed_at": now_ms,
            }
            for row in rows
        ],
    )
    return numbers


def _new_numbers(conn: Connection, run_id: int, rows: Sequence[SomeJob]) -> dict[JobId, int]:
    before = [row.id for row in rows if row.token]  # most jobs are claimed once
    started = dict(_STARTED.all_of(conn, before, run_id=run_id))
    numbers = {
        row.id: started[row.id] + 1 for row in rows if started.get(row.id, 0) >= row.attempt_id
    }
    _RENUMBER.run_each(conn, [{"of_job": job, "number": at} for job, at in numbers.items()])
    return numbers


def claim_jobs_based_on_resources(  # noqa: PLR0913 - the parameters of the reference's call
    conn: Connection,
    workflow_id: WorkflowId,
    resources: ComputeNodesResources,
    limit: int,
    *,
    sort_method: str = "none",
    strict_scheduler_match: bool = False,
    now_ms: int,
) -> ClaimedJobs:
    """Claim as many ready jobs as fit into what the caller has free.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: The time limit is not a duration, or there is no such sort method.
    """
    request = ClaimRequest(
        limit=limit,
        free=capacity_of(resources),
        scheduler_id=resources.scheduler_config_id,
        strict=strict_scheduler_match,
        sort_method=sort_method_of(sort_method, field="sort_method"),
    )
    return _claim_for_client(conn, workflow_id, request, now_ms=now_ms)


def claim_next_jobs(
    conn: Connection, workflow_id: WorkflowId, limit: int = 10, *, now_ms: int
) -> ClaimedJobs:
    """Claim ready jobs regardless of their requirements.

    Raises:
        NotFoundError: There is no such workflow.
    """
    return _claim_for_client(conn, workflow_id, ClaimRequest(limit=limit), now_ms=now_ms)


def capacity_of(resources: ComputeNodesResources) -> Capacity:
    """Return what a claimer has free, in whole numbers.

    Raises:
        UsageError: The time limit is not a duration.
    """
    limit = resources.time_limit
    return Capacity(
        num_cpus=resources.num_cpus,
        memory_bytes=int(resources.memory_gb * 2**30),
        num_gpus=resources.num_gpus,
        num_nodes=resources.num_nodes,
        seconds_left=None if limit is None else parse_duration(limit, field="time_limit"),
    )


def _claim_for_client(
    conn: Connection, workflow_id: WorkflowId, request: ClaimRequest, *, now_ms: int
) -> ClaimedJobs:
    workflow = find_workflow(conn, workflow_id)
    if workflow.is_canceled:
        return ClaimedJobs(jobs=[], reason="Workflow is canceled")
    if is_resuming(conn, workflow_id):
        return ClaimedJobs(jobs=[], reason="Workflow is being resumed")
    claimed = claim(conn, Claimer(workflow_id, workflow.run_id), request, now_ms=now_ms)
    return ClaimedJobs(jobs=_claimed_jobs(conn, claimed), reason=claimed.reason)


def _claimed_jobs(conn: Connection, claimed: Claim) -> list[Job]:
    rows = claimed.rows
    ids = [row.id for row in rows]
    files = linked_ids(conn, "output_file_ids", ids)
    user_data = linked_ids(conn, "output_user_data_ids", ids)
    return [
        replace(
            job_of(row),
            status=JobStatus.PENDING,
            attempt_id=claimed.numbers.get(row.id, row.attempt_id),
            output_file_ids=files.get(row.id, []),
            output_user_data_ids=user_data.get(row.id, []),
        )
        for row in rows
    ]


def _choose(
    conn: Connection, workflow_id: WorkflowId, groups: Sequence[ReadyGroup], request: ClaimRequest
) -> list[Record]:
    """Choose among the jobs of the claimer's scheduler; only if none fits, among the others."""
    matching = [group for group in groups if _matches(group, request)]
    others = [] if request.strict else [group for group in groups if not _matches(group, request)]
    for choice in (matching, others):
        chosen = pack(
            [Group(g.requirements, _jobs_of(conn, workflow_id, g, request)) for g in choice],
            request.free,
            request.limit,
            sort_method=request.sort_method,
            prefetch=request.prefetch,
            node=request.node,
        )
        if chosen:
            return chosen
    return []


def _matches(group: ReadyGroup, request: ClaimRequest) -> bool:
    return request.free is None or group.scheduler_id in {None, request.scheduler_id}


def _jobs_of(
    conn: Connection, workflow_id: WorkflowId, group: ReadyGroup, request: ClaimRequest
) -> Iterator[Record]:
    """Yield a group's jobs in their order; nothing is read before the first is needed."""
    starts_now = request.free is None or request.free.fits(group.requirements)
    waits = request.prefetch and (request.node is None or request.node.fits(group.requirements))
    if not starts_now and not waits:
        return
    yield from first_jobs(conn, workflow_id, group, request.limit + request.prefetch)


def _explain(
    conn: Connection, workflow_id: WorkflowId, groups: Sequence[ReadyGroup], request: ClaimRequest
) -> str | None:
    """Say why nothing was claimed, naming the nearest miss."""
    if not groups:
        return "No job is ready."
    if not request.limit or request.free is None:
        return None
    matching = [group for group in groups if not request.strict or _matches(group, request)]
    if not matching:
        own = (
            "no scheduler" if request.scheduler_id is None else f"scheduler {request.scheduler_id}"
        )
        bound = sorted({group.scheduler_id for group in groups if group.scheduler_id is not None})
        others = f"scheduler {' or '.join(map(str, bound))}"
        bound_jobs = _need(_number(conn, workflow_id, groups))
        return f"{bound_jobs} {others}; this node belongs to {own}."
    needed = nearest_miss([group.requirements for group in matching], request.free)
    assert needed is not None
    alike = [group for group in matching if group.requirements == needed]
    number = _number(conn, workflow_id, alike)
    return f"{_need(number)} {describe_shortage(needed, request.free, is_one=number == 1)}."


def _missed(groups: Sequence[ReadyGroup], request: ClaimRequest) -> Sequence[ReadyGroup]:
    if not request.limit or request.free is None:
        return ()
    nearest = nearest_miss([group.requirements for group in groups], request.free)
    return sorted(groups, key=lambda group: group.requirements != nearest)


def _number(conn: Connection, workflow_id: WorkflowId, groups: Sequence[ReadyGroup]) -> int:
    return sum(count_jobs(conn, workflow_id, group) for group in groups)


def _need(count: int) -> str:
    """Return a number of jobs with its verb, such as "12 ready jobs need"."""
    if count == 1:
        return "1 ready job needs"
    return f"{count if count <= COUNT_LIMIT else f'More than {COUNT_LIMIT:,}'} ready jobs need"
