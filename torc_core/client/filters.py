"""What each list can be filtered by, beside its paging.

Keyword parameters of the list methods. One that is left out or None is not sent. Text filters take
the whole value unless said otherwise.
"""

from __future__ import annotations

from typing import TypedDict

from torc_core.model.ids import ComputeNodeId, JobGroupId, JobId
from torc_core.model.status import JobStatus


class Part(TypedDict, total=False):
    """The parameters of a list whose order is fixed."""

    offset: int | None
    limit: int | None


class Paging(Part, total=False):
    """The parameters of every other list."""

    sort_by: str | None
    """A field of the items."""
    reverse_sort: bool | None


class ExclusivePaging(Paging, total=False):
    """The parameters of a list that can leave out what filters match."""

    excludes: str | None
    """Names of filters, joined by commas, to invert: the list has what does not match. For a
    server with `EXCLUDES`. Another one ignores it."""


class TextPaging(ExclusivePaging, total=False):
    """The parameters of a list with text filters."""

    contains: str | None
    """Names of text filters, joined by commas, for which a part of the text is enough, in either
    case. Servers that do not know it compare the whole text."""


class WorkflowFilters(TextPaging, total=False):
    """Of `list_workflows`."""

    name: str | None
    user: str | None
    description: str | None
    is_archived: bool | None
    include_job_counts: bool | None
    """Not a filter: count each workflow's jobs by status."""


class JobFilters(ExclusivePaging, total=False):
    """Of `list_jobs`."""

    status: str | None
    """One status, or several joined by commas."""
    name: str | None
    """Part of the name, in either case."""
    command: str | None
    """Part of the command, in either case."""
    upstream_job_id: JobId | None
    downstream_job_id: JobId | None
    """Jobs that this one depends on. A server that does not know it returns all."""
    group_id: JobGroupId | None
    """Jobs of a group: for a server with `JOB_GROUPS`."""
    needs_file_id: int | None
    active_compute_node_id: ComputeNodeId | None
    origin_is_set: bool | None
    include_relationships: bool | None
    """Not a filter: give each job the ids of its files, user data and dependencies."""
    include_latest_results: bool | None
    """Not a filter: give each job its latest result. A server that does not know it gives none."""
    include_held_by: bool | None
    """Not a filter: give blocked and canceled jobs a job that is the reason. A server that does not
    know it gives none."""


class FileFilters(TextPaging, total=False):
    """Of `list_files`."""

    name: str | None
    path: str | None
    produced_by_job_id: int | None
    consumed_by_job_id: int | None
    """A server that does not know it returns all."""
    is_output: bool | None


class UserDataFilters(TextPaging, total=False):
    """Of `list_user_data`."""

    name: str | None
    is_ephemeral: bool | None
    consumer_job_id: JobId | None
    producer_job_id: JobId | None


class ResultFilters(ExclusivePaging, total=False):
    """Of `list_results`."""

    job_id: JobId | None
    run_id: int | None
    return_code: int | None
    status: JobStatus | None
    compute_node_id: ComputeNodeId | None
    all_runs: bool | None
    """Not only the latest result of each job."""


class SlurmStatsFilters(ExclusivePaging, total=False):
    """Of `list_slurm_stats`."""

    job_id: JobId | None
    run_id: int | None
    attempt_id: int | None


class EventFilters(TextPaging, total=False):
    """Of `list_events`."""

    category: str | None
    text: str | None
    """The data as compact JSON; a part of it with `contains`."""
    after_timestamp: int | None
    """In milliseconds."""


class ResourceRequirementsFilters(TextPaging, total=False):
    """Of `list_resource_requirements`."""

    job_id: JobId | None
    name: str | None
    memory: str | None
    num_cpus: int | None
    num_gpus: int | None
    num_nodes: int | None
    runtime: int | None


class SlurmSchedulerFilters(TextPaging, total=False):
    """Of `list_slurm_schedulers`."""

    name: str | None
    account: str | None
    gres: str | None
    mem: str | None
    nodes: int | None
    partition: str | None
    qos: str | None
    tmp: str | None
    walltime: str | None


class LocalSchedulerFilters(TextPaging, total=False):
    """Of `list_local_schedulers`."""

    memory: str | None
    num_cpus: int | None


class ComputeNodeFilters(TextPaging, total=False):
    """Of `list_compute_nodes`."""

    hostname: str | None
    is_active: bool | None
    scheduled_compute_node_id: int | None


class ScheduledComputeNodeFilters(TextPaging, total=False):
    """Of `list_scheduled_compute_nodes`."""

    scheduler_id: int | None
    """The allocation's id at its scheduler."""
    scheduler_config_id: int | None
    status: str | None
