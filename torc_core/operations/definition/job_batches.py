"""The jobs of one workflow, as many in a request as the server takes.

With a server that names the capability, a job may name another one of the same request by its
position; with the reference they go level by level, as there a job can only name jobs that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from torc_core import graph
from torc_core.client import Feature, TorcClient
from torc_core.model.ids import JobId, id_of
from torc_core.model.job import Job
from torc_core.operations.definition.batches import BYTES_PER_REQUEST, RECORDS_PER_REQUEST

REFERENCES_PER_REQUEST = 500_000
"""Keeps a request with wide fan-ins at a few megabytes."""


class JobBatches:
    """Creates jobs of one workflow.

    Args:
        client: The server.
        features: What it offers.
    """

    def __init__(self, client: TorcClient, features: Collection[Feature]) -> None:
        self._client = client
        self._has_batch_references = Feature.BATCH_REFERENCES in features

    def create(
        self,
        batches: Iterable[Sequence[int]],
        number: int,
        make: Callable[[int, Sequence[JobId]], Job],
        on_jobs: Callable[[int, int], None],
    ) -> list[JobId]:
        """Create jobs and return their ids, by position.

        Args:
            batches: Positions of jobs to create together, from `order`.
            number: How many jobs there are.
            make: Returns the job at a position; gets the ids of the jobs that exist, and what
                stands for those of the same request, by position.
            on_jobs: Called after each batch with how many jobs exist, and how many there will be.
        """
        ids = [JobId(0)] * number
        done = 0
        for batch in batches:
            for place, position in enumerate(batch, 1):
                ids[position] = JobId(-place)
            created = self._client.create_jobs([make(position, ids) for position in batch])
            for position, job in zip(batch, created, strict=True):
                ids[position] = id_of(job)
            done += len(batch)
            on_jobs(done, number)
        return ids

    def order(
        self,
        dependencies: graph.Dependencies,
        sizes: Sequence[int],
        *,
        keep_order: bool = False,
    ) -> Iterator[list[int]]:
        """Yield positions of jobs to create together, upstream jobs first.

        Args:
            dependencies: For each job the positions of the jobs that it names.
            sizes: For each job about how many bytes it takes in a request.
            keep_order: Leave jobs in their order wherever the server can take them so: ids, and
                with them the order of claims, follow it.
        """
        depth = graph.levels(dependencies)
        order: Sequence[int] = sorted(range(len(depth)), key=depth.__getitem__)
        if keep_order and self._has_batch_references:
            given = list(self._cut(range(len(depth)), dependencies, sizes, depth))
            if _is_upstream_first(given, dependencies):
                yield from given
                return
        yield from self._cut(order, dependencies, sizes, depth)

    def _cut(
        self,
        order: Sequence[int],
        dependencies: graph.Dependencies,
        sizes: Sequence[int],
        depth: Sequence[int],
    ) -> Iterator[list[int]]:
        batch: list[int] = []
        references = size = 0
        for position in order:
            new_level = bool(batch) and depth[batch[-1]] != depth[position]
            references += len(dependencies[position])
            size += sizes[position]
            if batch and (
                len(batch) == RECORDS_PER_REQUEST
                or references > REFERENCES_PER_REQUEST
                or size > BYTES_PER_REQUEST
                or (new_level and not self._has_batch_references)
            ):
                yield batch
                batch, references, size = [], len(dependencies[position]), sizes[position]
            batch.append(position)
        if batch:
            yield batch


def _is_upstream_first(batches: Sequence[Sequence[int]], dependencies: graph.Dependencies) -> bool:
    """Return whether each job depends on jobs of its own batch and of earlier ones only."""
    return all(
        needed <= batch[-1]
        for batch in batches
        for members in {id(dependencies[job]): dependencies[job] for job in batch}.values()
        for needed in members
    )
