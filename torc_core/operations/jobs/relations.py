"""What a job is related to, by name: one request for each kind that it has, whatever its number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import ComputeNodeId, JobId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.model.status import FAILURES, UNSUCCESSFUL

SHOWN = 20
"""The most that are named of a kind."""
_MOST_STEPS = 8
"""How far the cause of a cancellation is followed."""

T = TypeVar("T")


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is related to; the beginnings of lists, as the server sends them."""

    requirements: ResourceRequirements | None = None
    handler: FailureHandler | None = None
    scheduler: SlurmScheduler | None = None
    node: ComputeNode | None = None
    """Where it runs, or where its latest attempt ran."""
    depends_on: Sequence[str] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    data_read: Sequence[str] = ()
    data_written: Sequence[str] = ()


def related_to(client: TorcClient, job: Job, node_id: ComputeNodeId | None) -> Related:
    """Return what a job is related to.

    Args:
        client: The server.
        job: The job, with the ids of what it is related to.
        node_id: Of its node, if it has one.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    at, job_id = job.workflow_id, id_of(job)
    return Related(
        requirements=_found(client.get_resource_requirements, job.resource_requirements_id),
        handler=_found(client.get_failure_handler, job.failure_handler_id),
        scheduler=_found(client.get_slurm_scheduler, job.scheduler_id),
        node=_found(client.get_compute_node, node_id),
        depends_on=_names(
            job.depends_on_job_ids,
            lambda: client.list_jobs(at, downstream_job_id=job_id, limit=SHOWN).items,
        ),
        reads=_names(
            job.input_file_ids,
            lambda: client.list_files(at, consumed_by_job_id=job_id, limit=SHOWN).items,
        ),
        writes=_names(
            job.output_file_ids,
            lambda: client.list_files(at, produced_by_job_id=job_id, limit=SHOWN).items,
        ),
        data_read=_names(
            job.input_user_data_ids,
            lambda: client.list_user_data(at, consumer_job_id=job_id, limit=SHOWN).items,
        ),
        data_written=_names(
            job.output_user_data_ids,
            lambda: client.list_user_data(at, producer_job_id=job_id, limit=SHOWN).items,
        ),
    )


def without_relations(job: Job) -> Job:
    """Return a job with no relation but to what it requires."""
    return msgspec.structs.replace(
        job,
        failure_handler_id=None,
        scheduler_id=None,
        compute_node_id=None,
        depends_on_job_ids=None,
        input_file_ids=None,
        output_file_ids=None,
        input_user_data_ids=None,
        output_user_data_ids=None,
    )


def canceled_because_of(client: TorcClient, job: Job) -> Job | None:
    """Return the job whose failure canceled this one, directly or through others.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    found: Job | None = None
    seen = {id_of(job)}
    upstream = job.depends_on_job_ids
    for _ in range(_MOST_STEPS):
        here = [each for each in _unsuccessful(client, job, upstream) if id_of(each) not in seen]
        if not here:
            break
        found = min(here, key=lambda each: (each.status not in FAILURES, id_of(each)))
        if found.status in FAILURES:
            break
        seen.add(id_of(found))
        job = client.get_job(id_of(found))
        upstream = job.depends_on_job_ids
    return found


def _unsuccessful(client: TorcClient, job: Job, upstream: Collection[JobId] | None) -> list[Job]:
    if not upstream:
        return []
    statuses = ",".join(sorted(UNSUCCESSFUL))
    found = client.list_jobs(
        job.workflow_id, downstream_job_id=id_of(job), status=statuses, limit=SHOWN
    )
    # A server that does not know the filter returns others, too.
    return [each for each in found.items if id_of(each) in set(upstream)]


def _found(get: Callable[[Any], T], record_id: int | None) -> T | None:
    """Return a record, or None for one that is gone, or of another kind."""
    try:
        return None if record_id is None else get(record_id)
    except NotFoundError:
        return None


def _names(ids: Collection[int] | None, ask: Callable[[], Iterable[Any]]) -> Sequence[str]:
    """Return the names of the first of some records; nothing where the server names none."""
    known = frozenset(ids or ())
    return [each.name for each in ask() if each.id in known] if known else ()
