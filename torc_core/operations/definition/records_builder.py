"""Create the records of an expanded workflow, in batches.

Against a server that names the capabilities, files and user data go in bulk and a job may name
another one of the same request by its position; against the reference they go one by one, and jobs
level by level, because there a job can only name jobs that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from torc_core import graph
from torc_core.client import TorcClient
from torc_core.model.action import ActionType, WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import FileId, JobId, UserDataId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.model.workflow import BATCH_REFERENCES, BULK_RECORDS
from torc_core.operations.definition.batches import (
    RECORDS_PER_REQUEST,
    batches,
    create_user_data,
)
from torc_core.spec.expanded import ExpandedAction, ExpandedWorkflow, Indices

Record = TypeVar("Record", bound=msgspec.Struct)
Id = TypeVar("Id", bound=int)

REFERENCES_PER_REQUEST = 500_000
"""Keeps a request with wide fan-ins at a few megabytes."""


class RecordsBuilder:
    """One creation: the ids so far, by position in the expanded workflow.

    Args:
        client: The server.
        spec: What to create.
        workflow_id: The workflow, which exists.
        capabilities: What the server offers.
    """

    def __init__(
        self,
        client: TorcClient,
        spec: ExpandedWorkflow,
        workflow_id: WorkflowId,
        capabilities: set[str],
    ) -> None:
        self._client = client
        self._spec = spec
        self._workflow_id = workflow_id
        self._has_bulk = BULK_RECORDS in capabilities
        self._has_batch_references = BATCH_REFERENCES in capabilities
        self._job_ids = [JobId(0)] * len(spec.jobs)

    def build(self, on_jobs: Callable[[int, int], None]) -> None:
        """Create everything, what is referred to first.

        Args:
            on_jobs: Called after each batch with how many jobs exist, and how many there will be.
        """
        client, spec, owner = self._client, self._spec, self._workflow_id
        self._requirements = [
            id_of(client.create_resource_requirements(_as(ResourceRequirements, owner, item)))
            for item in spec.resource_requirements
        ]
        self._handlers = [
            id_of(
                client.create_failure_handler(
                    FailureHandler(
                        workflow_id=owner,
                        name=item.name,
                        rules=msgspec.json.encode(item.rules).decode(),
                    )
                )
            )
            for item in spec.failure_handlers
        ]
        self._schedulers = {
            item.name: id_of(client.create_slurm_scheduler(_as(SlurmScheduler, owner, item)))
            for item in spec.slurm_schedulers
        }
        self._files = self._create_files()
        self._user_data = self._create_user_data()
        for batch in self._batches():
            self._create_jobs(batch)
            on_jobs(sum(map(bool, self._job_ids)), len(self._job_ids))
        for action in spec.actions:
            client.create_workflow_action(self._action(action))

    def _create_files(self) -> list[FileId]:
        records = [_as(File, self._workflow_id, item) for item in self._spec.files]
        if not self._has_bulk:
            return [id_of(self._client.create_file(record)) for record in records]
        return [
            id_of(file) for batch in batches(records) for file in self._client.create_files(batch)
        ]

    def _create_user_data(self) -> list[UserDataId]:
        records = [_as(UserData, self._workflow_id, item) for item in self._spec.user_data]
        return list(create_user_data(self._client, records, has_bulk=self._has_bulk))

    def _batches(self) -> Iterator[list[int]]:
        """Yield positions of jobs to create together, upstream jobs first."""
        dependencies = [job.depends_on for job in self._spec.jobs]
        depth = graph.levels(dependencies)
        batch: list[int] = []
        references = 0
        for position in sorted(range(len(depth)), key=depth.__getitem__):
            new_level = bool(batch) and depth[batch[-1]] != depth[position]
            references += len(dependencies[position])
            if batch and (
                len(batch) == RECORDS_PER_REQUEST
                or references > REFERENCES_PER_REQUEST
                or (new_level and not self._has_batch_references)
            ):
                yield batch
                batch, references = [], len(dependencies[position])
            batch.append(position)
        if batch:
            yield batch

    def _create_jobs(self, batch: list[int]) -> None:
        for place, position in enumerate(batch, 1):
            self._job_ids[position] = JobId(-place)
        created = self._client.create_jobs([self._job(position) for position in batch])
        for position, job in zip(batch, created, strict=True):
            self._job_ids[position] = id_of(job)

    def _job(self, position: int) -> Job:
        item = self._spec.jobs[position]
        return Job(
            workflow_id=self._workflow_id,
            name=item.name,
            command=item.render_command(self._user_data),
            invocation_script=item.invocation_script,
            cancel_on_blocking_job_failure=item.cancel_on_blocking_job_failure,
            supports_termination=item.supports_termination,
            priority=item.priority,
            env=item.env,
            depends_on_job_ids=_chosen(self._job_ids, item.depends_on),
            input_file_ids=_chosen(self._files, item.input_files),
            output_file_ids=_chosen(self._files, item.output_files),
            input_user_data_ids=_chosen(self._user_data, item.input_user_data),
            output_user_data_ids=_chosen(self._user_data, item.output_user_data),
            resource_requirements_id=_at(self._requirements, item.resource_requirements),
            failure_handler_id=_at(self._handlers, item.failure_handler),
            scheduler_id=None if item.scheduler is None else self._schedulers[item.scheduler],
        )

    def _action(self, item: ExpandedAction) -> WorkflowAction:
        config: dict[str, Any] = {"commands": list(item.commands)}
        if item.action_type == ActionType.SCHEDULE_NODES:
            scheduler = (
                None if item.scheduler is None else self._spec.slurm_schedulers[item.scheduler].name
            )
            config = {
                "scheduler_type": item.scheduler_type or SchedulerType.SLURM,
                "scheduler_id": None if scheduler is None else self._schedulers[scheduler],
                "num_allocations": item.num_allocations or 1,
                "start_one_worker_per_node": item.start_one_worker_per_node,
                "max_parallel_jobs": item.max_parallel_jobs,
            }
        return WorkflowAction(
            workflow_id=self._workflow_id,
            trigger_type=item.trigger_type,
            action_type=item.action_type,
            action_config={name: value for name, value in config.items() if value is not None},
            job_ids=None if item.jobs is None else [self._job_ids[job] for job in item.jobs],
            persistent=item.persistent,
        )


def _as(kind: type[Record], workflow_id: WorkflowId, item: msgspec.Struct) -> Record:
    """Return a wire record with the fields of `item`, which has the same names."""
    return kind(workflow_id=workflow_id, **msgspec.structs.asdict(item))


def _chosen(ids: Sequence[Id], indices: Indices) -> list[Id] | None:
    return [ids[index] for index in indices] or None


def _at(ids: Sequence[Id], index: int | None) -> Id | None:
    return None if index is None else ids[index]
