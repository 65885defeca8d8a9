"""The jobs of a stored workflow, each with what it depends on, initialized or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.graph import Dependencies, all_dependencies
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job


class JobGraph(NamedTuple):
    """Jobs by ascending id, with the ids of their files and user data."""

    jobs: Sequence[Job]
    dependencies: Dependencies
    """Those that are stated, and those through files and user data."""


def read_job_graph(client: TorcClient, workflow_id: WorkflowId) -> JobGraph:
    """Read all jobs of a workflow; it has none if it does not exist."""
    jobs = list(every_item(client.list_jobs, workflow_id, sort_by="id", include_relationships=True))
    place = {job.id: at for at, job in enumerate(jobs)}
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}

    def one_object(ids: Iterable[int] | None) -> tuple[int, ...]:
        members = tuple(ids or ())
        return shared.setdefault(members, members)

    stated = [
        one_object(sorted(place[each] for each in job.depends_on_job_ids or () if each in place))
        for job in jobs
    ]
    flows = [
        (
            [one_object(job.input_file_ids) for job in jobs],
            [one_object(job.output_file_ids) for job in jobs],
        ),
        (
            [one_object(job.input_user_data_ids) for job in jobs],
            [one_object(job.output_user_data_ids) for job in jobs],
        ),
    ]
    return JobGraph(jobs, all_dependencies(stated, flows))
