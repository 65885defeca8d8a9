"""An overview of more jobs than can be read: their groups, as the server counts them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, repeat

from torc_core.client import TorcClient
from torc_core.graph import Dependents, critical_path, levels
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job, JobGroup, kind_name
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment
from torc_core.operations.facts import count
from torc_core.operations.progress import groups as progress
from torc_core.operations.progress.groups import (
    WAITING,
    CriticalPath,
    GroupProgress,
    JobGraph,
    JobStates,
    Overview,
    runnable_order,
)
from torc_core.operations.progress.runtimes import Ended, read_recent, stated_runtimes
from torc_core.operations.reports.time_left import Kind, TimeLeft, longest_stated, time_left

MOST_GROUPS = 1_000
"""Of more groups the names say little."""
_MOST_RUNNING = 5_000
"""Of more running jobs it is not read when each began."""


def read_groups(
    client: TorcClient, workflow_id: WorkflowId, run_id: int, before: Overview | None = None
) -> Overview:
    """Read how far the groups of a workflow are; the server has to know them.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    page = client.list_job_groups(workflow_id, limit=MOST_GROUPS)
    running = client.list_jobs(workflow_id, status=JobStatus.RUNNING, limit=_MOST_RUNNING)
    recent = read_recent(
        client, workflow_id, run_id, None if before is None else before.states.recent
    )
    began = (read_moment(each.start_time) for each in running.items)
    known = 0 if before is None else before.states.at_once
    states = JobStates(
        statuses=(),
        attempts=(),
        began=dict(enumerate(filter(None, began))),
        ended=recent.moments,
        stated=stated_runtimes(client, workflow_id),
        at_once=max(known, running.total_count, recent.at_once),
        now=time.time(),
        recent=recent,
    )
    counted = [group for group in page.items if group.jobs_by_status]
    more = page.total_count - len(page.items)
    return overview_of(counted, states, running.items, recent.ended, more_groups=more)


def overview_of(
    counted: Sequence[JobGroup],
    states: JobStates,
    running: Sequence[Job],
    ended: Sequence[Ended],
    *,
    more_groups: int = 0,
) -> Overview:
    """Return what follows from groups as the server counted them. Pure.

    Args:
        counted: The groups, each with jobs.
        states: What else is known.
        running: Jobs that run; not all, if there are very many.
        ended: Attempts of this run.
        more_groups: How many were left out.
    """
    graph, in_order = _graph(counted, more_groups)
    kinds = _kinds(in_order, states, running, ended)
    at_once = states.at_once or 1
    left = None if more_groups else _total_left(in_order, kinds, at_once)
    return Overview(
        graph,
        states,
        [
            GroupProgress(group.jobs_by_status, time_left([kind], at_once, has_blocked=False))
            for group, kind in zip(in_order, kinds, strict=True)
        ],
        left,
        _longest_chain(in_order, kinds),
    )


def _longest_chain(groups: Sequence[JobGroup], kinds: Sequence[Kind]) -> CriticalPath:
    """Return the chain of groups that takes longest, with one job of each.

    It is of those that are not over, if there are any, and counts groups where it is not known how
    long their jobs take.
    """
    needs = _needs(groups)
    is_open = [bool(kind.waiting or kind.elapsed) for kind in kinds]
    counts = [float(each or not any(is_open)) for each in is_open]
    bounds = [kind.bounds for kind in kinds]
    if any(each is None for each, weight in zip(bounds, counts, strict=True) if weight):
        _, path = critical_path(needs, counts)
        return CriticalPath([at for at in path if counts[at]], None)
    longest = [0.0 if each is None else each[1] for each in bounds]
    weights = [each * weight for each, weight in zip(longest, counts, strict=True)]
    seconds, path = critical_path(needs, weights)
    return CriticalPath([at for at in path if weights[at]], seconds)


def _graph(counted: Sequence[JobGroup], more_groups: int) -> tuple[JobGraph, list[JobGroup]]:
    """Return groups as a graph, and them in its order."""
    order = runnable_order([set(needed) for needed in _needs(counted)])
    in_order = [counted[at] for at in order]
    groups = [
        progress.JobGroup(
            group.name,
            (),
            sum(group.jobs_by_status.values()),
            needed,
            group.id,
            group.first_job_id,
        )
        for group, needed in zip(in_order, _needs(in_order), strict=True)
    ]
    total = sum(group.size for group in groups)
    graph = JobGraph((), (), (), (), (), groups, total, Dependents(()), more_groups)
    return graph, in_order


def _needs(groups: Sequence[JobGroup]) -> list[tuple[int, ...]]:
    """Return the places of the groups that each one waits for, itself excepted."""
    place = {group.id: at for at, group in enumerate(groups)}
    return [
        tuple(
            place[each]
            for each in group.needed_group_ids or ()
            if each in place.keys() - {group.id}
        )
        for group in groups
    ]


def _kinds(
    groups: Sequence[JobGroup],
    states: JobStates,
    running: Sequence[Job],
    ended: Sequence[Ended],
) -> list[Kind]:
    elapsed: defaultdict[str, list[float]] = defaultdict(list)
    for job in running:
        began = read_moment(job.start_time)
        elapsed[kind_name(job.name)].append(0.0 if began is None else max(0.0, states.now - began))
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for each in ended:
        if each.is_completed:
            seen[each.kind].append(each.seconds)
    return [_kind(group, states.stated, elapsed, seen) for group in groups]


def _kind(
    group: JobGroup,
    stated: Mapping[int, float | None],
    elapsed: Mapping[str, Sequence[float]],
    seen: Mapping[str, Sequence[float]],
) -> Kind:
    name = kind_name(group.name)
    running = group.jobs_by_status.get(JobStatus.RUNNING, 0)
    known = elapsed.get(name, ())[:running]
    return Kind(
        waiting=count(group.jobs_by_status, WAITING),
        elapsed=tuple(chain(known, repeat(0.0, running - len(known)))),
        seen=tuple(seen.get(name, ())),
        stated=longest_stated({stated.get(each) for each in group.requirements_ids}),
    )


def _total_left(groups: Sequence[JobGroup], kinds: Sequence[Kind], at_once: int) -> TimeLeft | None:
    """Return how long all jobs still take; None if that is not known.

    Jobs of a group that wait for each other are a chain of unknown length. Otherwise no chain of
    jobs is longer than the longest chain of groups with one job each.
    """
    open_kinds = [kind for kind in kinds if kind.waiting or kind.elapsed]
    if any(kind.bounds is None for kind in open_kinds):
        return None
    needs = _needs(groups)
    has_chains = any(
        kind.waiting and (group.needed_group_ids is None or group.id in group.needed_group_ids)
        for group, kind in zip(groups, kinds, strict=True)
    )
    if has_chains or -1 in levels(needs):
        return time_left(kinds, at_once, has_blocked=True)
    weights = [
        (kind.bounds or (0.0, 0.0))[1] if kind.waiting or kind.elapsed else 0.0 for kind in kinds
    ]
    return time_left(
        kinds, at_once, has_blocked=False, chain=(0.0, critical_path(needs, weights)[0])
    )
