"""Handing out ready jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, update

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.job import ClaimedJobs, Job
from torc_core.model.status import JobStatus
from torc_core.units import parse_duration
from torc_server.rules.attempts.packing import (
    Capacity,
    Group,
    Need,
    check_sort_method,
    describe_miss,
    fits,
    nearest_miss,
    pack,
)
from torc_server.rules.attempts.ready import (
    COUNT_LIMIT,
    ReadyGroup,
    count_jobs,
    first_jobs,
    ready_groups,
)
from torc_server.rules.jobs import job_of, linked_ids
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared, Record

MAX_CLAIM = 10_000
"""The most jobs that one claim hands out to run now, and the most to run later."""

_job = tables.job
_TAKE = Prepared(
    update(_job)
    .where(_job.c.id.in_(bindparam("ids", expanding=True)), _job.c.status == JobStatus.READY.number)
    .values(
        status=JobStatus.PENDING.number,
        token=_job.c.token + 1,
        compute_node_id=bindparam("node_id"),
    )
)
_ATTEMPT = Prepared(
    insert(tables.attempt),
    *("job_id", "workflow_id", "run_id", "attempt_id", "token"),
    *("compute_node_id", "claim_seq", "claimed_at"),
)


@dataclass(frozen=True, slots=True)
class Claimer:
    """Who claims, and what for."""

    workflow_id: int
    run_id: int
    compute_node_id: int | None = None
    """None for a client of the reference, which does not say."""
    seq: int | None = None
    """Its turn of the batch protocol."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a claimer would like."""

    limit: int
    """The most jobs to run now; `MAX_CLAIM` is the most in any case."""
    free: Capacity | None = None
    """None: whatever the jobs need."""
    scheduler_id: int | None = None
    strict: bool = False
    """Take no jobs of another scheduler even when there are no others."""
    sort_method: str = "none"
    ahead: int = 0
    """The most jobs beyond, to run later; bounded alike."""
    node: Capacity | None = None
    """What the whole machine has, for jobs to run later."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Jobs that now belong to a claimer: their rows as they were, one token lower."""

    rows: Sequence[Record]
    needs: dict[int, Need]
    """By id of the requirements."""
    reason: str | None = None
    """Why there is none."""


def claim(conn: Connection, claimer: Claimer, wish: Wish, *, now_ms: int) -> Claim:
    """Give ready jobs to a claimer.

    Raises:
        UsageError: There is no such sort method.
    """
    check_sort_method(wish.sort_method, field="sort_method")
    limit, ahead = (max(0, min(count, MAX_CLAIM)) for count in (wish.limit, wish.ahead))
    wish = dataclasses.replace(wish, limit=limit, ahead=ahead)
    groups = ready_groups(conn, claimer.workflow_id)
    rows = _choose(conn, claimer.workflow_id, groups, wish)
    if not rows:
        return Claim((), {}, _explain(conn, claimer.workflow_id, groups, wish))
    take(conn, claimer, rows, now_ms=now_ms)
    return Claim(rows, {group.requirements_id: group.need for group in groups})


def take(conn: Connection, claimer: Claimer, rows: Sequence[Record], *, now_ms: int) -> None:
    """Make ready jobs a claimer's, each in an attempt under a new token."""
    _TAKE.run_of(conn, [row.id for row in rows], node_id=claimer.compute_node_id)
    _ATTEMPT.run_each(
        conn,
        [
            {
                "job_id": row.id,
                "workflow_id": claimer.workflow_id,
                "run_id": claimer.run_id,
                "attempt_id": row.attempt_id,
                "token": row.token + 1,
                "compute_node_id": claimer.compute_node_id,
                "claim_seq": claimer.seq,
                "claimed_at": now_ms,
            }
            for row in rows
        ],
    )


def claim_jobs_based_on_resources(  # noqa: PLR0913 - the parameters of the reference's call
    conn: Connection,
    workflow_id: int,
    resources: ComputeNodesResources,
    limit: int,
    *,
    sort_method: str = "none",
    strict_scheduler_match: bool = False,
    now_ms: int,
) -> ClaimedJobs:
    """Give as many ready jobs to a caller as fit into what it has free.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: The time limit is no duration, or there is no such sort method.
    """
    wish = Wish(
        limit=limit,
        free=capacity_of(resources),
        scheduler_id=resources.scheduler_config_id,
        strict=strict_scheduler_match,
        sort_method=sort_method,
    )
    return _claim_for_client(conn, workflow_id, wish, now_ms=now_ms)


def claim_next_jobs(
    conn: Connection, workflow_id: int, limit: int = 10, *, now_ms: int
) -> ClaimedJobs:
    """Give ready jobs to a caller whatever they need.

    Raises:
        NotFoundError: There is no such workflow.
    """
    return _claim_for_client(conn, workflow_id, Wish(limit=limit), now_ms=now_ms)


def capacity_of(resources: ComputeNodesResources) -> Capacity:
    """Return what a claimer has free as whole numbers.

    Raises:
        UsageError: The time limit is no duration.
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
    conn: Connection, workflow_id: int, wish: Wish, *, now_ms: int
) -> ClaimedJobs:
    workflow = find_workflow(conn, workflow_id)
    if workflow.is_canceled:
        return ClaimedJobs(jobs=[], reason="Workflow is canceled")
    claimed = claim(conn, Claimer(workflow_id, workflow.run_id), wish, now_ms=now_ms)
    return ClaimedJobs(jobs=_claimed_jobs(conn, claimed.rows), reason=claimed.reason)


def _claimed_jobs(conn: Connection, rows: Sequence[Record]) -> list[Job]:
    ids = [row.id for row in rows]
    files = linked_ids(conn, "output_file_ids", ids)
    user_data = linked_ids(conn, "output_user_data_ids", ids)
    return [
        replace(
            job_of(row),
            status=JobStatus.PENDING,
            output_file_ids=files.get(row.id, []),
            output_user_data_ids=user_data.get(row.id, []),
        )
        for row in rows
    ]


def _choose(
    conn: Connection, workflow_id: int, groups: Sequence[ReadyGroup], wish: Wish
) -> list[Record]:
    """Take of the jobs that are meant for the claimer, and only else of the others."""
    meant = [group for group in groups if _is_meant_for(group, wish)]
    others = [] if wish.strict else [group for group in groups if not _is_meant_for(group, wish)]
    for choice in (meant, others):
        chosen = pack(
            [Group(g.need, _jobs_of(conn, workflow_id, g, wish)) for g in choice],
            wish.free,
            wish.limit,
            sort_method=wish.sort_method,
            ahead=wish.ahead,
            node=wish.node,
        )
        if chosen:
            return chosen
    return []


def _is_meant_for(group: ReadyGroup, wish: Wish) -> bool:
    return wish.free is None or group.scheduler_id in {None, wish.scheduler_id}


def _jobs_of(conn: Connection, workflow_id: int, group: ReadyGroup, wish: Wish) -> Iterator[Record]:
    """Yield a group's jobs in their order; nothing is read before the first is asked for."""
    runs_now = wish.free is None or fits(group.need, wish.free)
    waits = wish.ahead and (wish.node is None or fits(group.need, wish.node))
    if not runs_now and not waits:
        return
    yield from first_jobs(conn, workflow_id, group, wish.limit + wish.ahead)


def _explain(
    conn: Connection, workflow_id: int, groups: Sequence[ReadyGroup], wish: Wish
) -> str | None:
    """Say why nothing was claimed, naming the nearest miss."""
    if not groups:
        return "No job is ready."
    if not wish.limit or wish.free is None:
        return None
    meant = [group for group in groups if not wish.strict or _is_meant_for(group, wish)]
    if not meant:
        own = "no scheduler" if wish.scheduler_id is None else f"scheduler {wish.scheduler_id}"
        bound = sorted({group.scheduler_id for group in groups if group.scheduler_id is not None})
        others = f"scheduler {' or '.join(map(str, bound))}"
        return f"{_how_many(conn, workflow_id, groups)} {others}; this node belongs to {own}."
    need = nearest_miss([group.need for group in meant], wish.free)
    assert need is not None
    alike = [group for group in meant if group.need == need]
    return f"{_how_many(conn, workflow_id, alike)} {describe_miss(need, wish.free)}."


def _how_many(conn: Connection, workflow_id: int, groups: Sequence[ReadyGroup]) -> str:
    """Return the size of groups with its verb, such as "12 ready jobs need"."""
    count = sum(count_jobs(conn, workflow_id, group) for group in groups)
    if count == 1:
        return "1 ready job needs"
    return f"{count if count <= COUNT_LIMIT else f'More than {COUNT_LIMIT:,}'} ready jobs need"
