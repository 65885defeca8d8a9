"""Create the records of an expanded workflow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from torc_core.client import Feature, TorcClient
from torc_core.model.action import ActionType, WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import FailureHandler, ResourceRequirements, SlurmScheduler
from torc_core.operations.definition.batches import create_in_batches
from torc_core.operations.definition.job_batches import JobBatches
from torc_core.spec.expanded import ExpandedAction, ExpandedJob, ExpandedWorkflow, Indices

Record = TypeVar("Record", bound=msgspec.Struct)
Id = TypeVar("Id", bound=int)

_BYTES_PER_ID = 8
"""About what a file or user data that a job names takes in a request."""


class RecordsBuilder:
    """One creation: the ids so far, by position in the expanded workflow.

    Args:
        client: The server.
        spec: What to create.
        workflow_id: The workflow, which exists.
    """

    def __init__(self, client: TorcClient, spec: ExpandedWorkflow, workflow_id: WorkflowId) -> None:
        self._client = client
        self._spec = spec
        self._workflow_id = workflow_id
        self._has_bulk = client.offers(Feature.BULK_RECORDS)
        self._batches = JobBatches(client, client.features())

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
        files = (_as(File, owner, item) for item in spec.files)
        self._files = self._create(files, client.create_file, client.create_files)
        user_data = (_as(UserData, owner, item) for item in spec.user_data)
        self._user_data = self._create(
            user_data, client.create_user_data, client.create_user_data_list
        )
        batches = self._batches.order(
            [job.depends_on for job in spec.jobs], [_size_of(job) for job in spec.jobs]
        )
        self._job_ids = self._batches.create(batches, len(spec.jobs), self._job, on_jobs)
        for action in spec.actions:
            client.create_workflow_action(self._action(action))

    def _create(
        self,
        records: Iterable[Any],
        create_one: Callable[[Any], Any],
        create_many: Callable[[list[Any]], list[Any]],
    ) -> list[Any]:
        created = create_in_batches(records, create_one, create_many, has_bulk=self._has_bulk)
        return [id_of(record) for batch in created for record in batch]

    def _job(self, position: int, job_ids: Sequence[JobId]) -> Job:
        item = self._spec.jobs[position]
        return Job(
            workflow_id=self._workflow_id,
            name=item.name,
            command=item.render_command(self._user_data),
            invocation_script=item.invocation_script,
            cancel_on_blocking_job_failure=item.cancel_on_blocking_job_failure,
            supports_termination=item.supports_termination,
            on_lost=item.on_lost,
            priority=item.priority,
            env=item.env,
            depends_on_job_ids=_chosen(job_ids, item.depends_on),
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


def _size_of(job: ExpandedJob) -> int:
    texts = (
        *(part for part in job.command if isinstance(part, str)),
        job.invocation_script or "",
        *itertools.chain.from_iterable((job.env or {}).items()),
    )
    links = (job.input_files, job.output_files, job.input_user_data, job.output_user_data)
    return sum(map(len, texts)) + _BYTES_PER_ID * sum(map(len, links))
