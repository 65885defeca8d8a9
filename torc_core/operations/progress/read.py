"""Reading the jobs of a workflow for an overview: once what stays, again and again what changes."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from torc_core.client import Feature, TorcClient, every_item
from torc_core.graph import all_dependencies
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.page import Page
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment
from torc_core.operations.progress.by_group import read_groups
from torc_core.operations.progress.groups import (
    JobGraph,
    JobStates,
    Overview,
    group_progress,
    longest_chain,
    make_graph,
    total_time_left,
)
from torc_core.operations.progress.runtimes import Recent, read_recent, stated_runtimes

MOST_JOBS = 100_000
"""More are not read: it would take minutes, and hundreds of megabytes."""
_AT_ONCE = 1_000
"""Of larger pages, the memory for their text and structs stays with the process."""
MOST_RELATIONS = 1_000_000
"""With more dependencies, inputs and outputs, the further ones are left out."""


def read_overview(
    client: TorcClient,
    workflow_id: WorkflowId,
    run_id: int,
    before: Overview | None = None,
    *,
    most_jobs: int = MOST_JOBS,
    reads_part: bool = True,
) -> Overview | None:
    """Read the jobs of a workflow, their dependencies and the results of a run.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Its present run.
        before: What was read before: where the jobs are the same, so are their dependencies.
        most_jobs: Of more, groups are asked for; where the server does not count them, only the
            first jobs.
        reads_part: Whether the first jobs are worth it.

    Returns:
        None if there are too many jobs, their groups are not counted, and no part was asked for.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    if before is not None and before.graph.is_by_group:
        return read_groups(client, workflow_id, run_id, before)
    graph = None if before is None else before.graph
    if graph is None and client.list_jobs(workflow_id, limit=1).total_count > most_jobs:
        if client.offers(Feature.JOB_GROUPS):
            return read_groups(client, workflow_id, run_id)
        if not reads_part:
            return None
    rows = _Rows(most_jobs)
    rows.read(client, workflow_id, with_relations=graph is None)
    if graph is not None and (graph.ids != rows.ids or graph.total != rows.total):
        return read_overview(
            client, workflow_id, run_id, most_jobs=most_jobs, reads_part=reads_part
        )
    if graph is None:
        graph = rows.graph()
    recent = read_recent(
        client, workflow_id, run_id, None if before is None else before.states.recent
    )
    states = _states(client, workflow_id, graph, rows, recent)
    if before is not None:
        most = before.states.at_once if before.graph is graph else 0
        states = replace(states, at_once=max(most, states.at_once))
    return Overview(
        graph,
        states,
        group_progress(graph, states),
        total_time_left(graph, states),
        longest_chain(graph, states),
    )


def _few_jobs(
    client: TorcClient, workflow_id: WorkflowId, *, limit: int, **query: Any
) -> Page[Job]:
    return client.list_jobs(workflow_id, **query, limit=min(limit, _AT_ONCE))


class _Rows:
    """Jobs as they are read, field by field."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.ids = array("q")
        self.total = 0
        self.statuses: list[JobStatus | None] = []
        self.attempts = array("l")
        self.began: dict[int, float] = {}
        self._names: list[str] = []
        self._requirements = array("q")
        self._stated: list[tuple[int, ...]] = []
        self._flows: tuple[list[tuple[int, ...]], ...] = ([], [], [], [])
        self._shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._left = MOST_RELATIONS

    def read(self, client: TorcClient, workflow_id: WorkflowId, *, with_relations: bool) -> None:
        """Read all jobs."""
        jobs = every_item(
            partial(_few_jobs, client), workflow_id, sort_by="id", limit=self._most,
            include_relationships=with_relations or None,
        )  # fmt: skip
        for job in islice(jobs, self._most):
            self._add(job)
            if with_relations:
                self._add_relations(job)
        self.total = len(self.ids)
        if self.total == self._most:
            self.total = client.list_jobs(workflow_id, limit=1).total_count

    def _add(self, job: Job) -> None:
        if job.status is JobStatus.RUNNING and (began := read_moment(job.start_time)) is not None:
            self.began[len(self.ids)] = began
        self.ids.append(id_of(job))
        self.statuses.append(job.status)
        self.attempts.append(job.attempt_id)

    def _add_relations(self, job: Job) -> None:
        self._names.append(job.name)
        self._requirements.append(job.resource_requirements_id or 0)
        self._stated.append(self._one_object(job.depends_on_job_ids))
        related = (
            job.input_file_ids, job.output_file_ids, job.input_user_data_ids,
            job.output_user_data_ids,
        )  # fmt: skip
        for column, ids in zip(self._flows, related, strict=True):
            column.append(self._one_object(ids))

    def _one_object(self, ids: Iterable[int] | None) -> tuple[int, ...]:
        members = tuple(ids or ())
        if members not in self._shared:
            self._left -= len(members)
            if self._left < 0:
                return ()
        return self._shared.setdefault(members, members)

    def graph(self) -> JobGraph:
        """Return the jobs with what they depend on, stated or through files and user data."""
        place = {job_id: at for at, job_id in enumerate(self.ids)}
        places = {
            ids: tuple(sorted(place[each] for each in ids if each in place)) for ids in self._shared
        }
        read_files, written_files, read_data, written_data = self._flows
        needs = all_dependencies(
            [places.get(ids, ()) for ids in self._stated],
            [(read_files, written_files), (read_data, written_data)],
        )
        return make_graph(self.ids, self._names, self._requirements, needs, self.total)


def _states(
    client: TorcClient, workflow_id: WorkflowId, graph: JobGraph, rows: _Rows, recent: Recent
) -> JobStates:
    place = dict(zip(graph.ids, range(len(graph.ids)), strict=True))
    return JobStates(
        statuses=rows.statuses,
        attempts=rows.attempts,
        began=rows.began,
        runtimes={
            place[each.job_id]: each.seconds
            for each in recent.ended
            if each.is_completed and each.job_id in place
        },
        ended=recent.moments,
        stated=stated_runtimes(client, workflow_id),
        at_once=max(len(rows.began), recent.at_once),
        now=time.time(),
        recent=recent,
    )
