"""Allocations, submitted to Slurm exactly once and recorded at the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ServerError, TorcError, TransportError, UsageError
from torc_core.hpc.slurm.batch.script import BatchJob
from torc_core.hpc.slurm.batch.submit import submit_batch
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.requests import (
    AllocationRequest,
    decide_steps,
    keys_of_action,
    status_of,
)
from torc_core.model.compute import (
    AllocationStatus,
    ScheduledComputeNode,
    SchedulerType,
)
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import Workflow
from torc_core.runner.actions.nodes import NodeRequest

DEFAULT_PREFIX = "worker"
DELAYS_S = (5.0, 10.0, 20.0)
"""Before each further try with a Slurm or a server that does not answer, while a user waits. Both
restart within that; and a request that sbatch did not see arrive is in the queue, if it did,
by then."""
PATIENT_DELAYS_S = (*DELAYS_S, 40.0, *(10 * (60.0,)))
"""The same for a worker, on whose requests the rest of its workflow depends."""


class WorkerSite(msgspec.Struct, frozen=True, kw_only=True):
    """What all allocations of a submitter have in common: where workers work, and for whom."""

    output_dir: Path
    """Absolute; compute nodes share it."""
    url: str
    """The server as compute nodes reach it, without a secret."""
    access_file: Path | None
    """Where the server's token or password is; None if it asks for none."""
    poll_interval_s: float
    job_prefix: str = DEFAULT_PREFIX
    """How the names of the Slurm jobs begin."""
    keep_scripts: bool = False


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """The allocations of a request, all of which exist."""

    submitted: tuple[int, ...] = ()
    """Slurm jobs that were submitted now."""
    found: tuple[int, ...] = ()
    """Slurm jobs that had been submitted before."""


class SlurmNodes:
    """Requests nodes of the Slurm cluster of this machine.

    Args:
        client: The server.
        slurm: The programs.
        site: Where workers work.
        on_submitted: Called for each Slurm job that was submitted and recorded.
        delays_s: Before each further try with a Slurm or a server that does not answer.
    """

    def __init__(
        self,
        client: TorcClient,
        slurm: Slurm,
        site: WorkerSite,
        *,
        on_submitted: Callable[[int], None] = lambda _slurm_job_id: None,
        delays_s: Sequence[float] = DELAYS_S,
    ) -> None:
        self._client = client
        self._slurm = slurm
        self._site = site
        self._on_submitted = on_submitted
        self._delays_s = delays_s
        self._is_over = threading.Event()

    def can_submit(self, request: NodeRequest) -> bool:
        """Return whether the nodes are Slurm's, and Slurm is here. Quick."""
        return request.scheduler_type == SchedulerType.SLURM and self._slurm.is_here()

    def submit(self, request: NodeRequest) -> None:
        """Request what is missing of an action's nodes, and record it at the server.

        Raises:
            TorcError: They were not requested, or not all; see `request`.
        """
        self.carry_out(request)

    def interrupt(self) -> None:
        """Try nothing again that fails. Safe on any thread."""
        self._is_over.set()

    def carry_out(self, request: NodeRequest) -> Requested:
        """Do what `submit` does, and return the allocations.

        Raises:
            TorcError: As there.
        """
        workflow_id = request.workflow_id
        if request.scheduler_id is None:
            raise UsageError(
                f"Action {request.action_id} of workflow {workflow_id} names no scheduler.",
                hint=f"See torc slurm list {workflow_id}, and create the action with its "
                "scheduler_id.",
            )
        workflow = self._client.get_workflow(workflow_id)
        run_id = self._client.get_workflow_status(workflow_id).run_id
        number = request.num_allocations
        return self.request(
            workflow,
            AllocationRequest(
                keys=keys_of_action(workflow, run_id, request.action_id, number),
                scheduler_id=request.scheduler_id,
                start_one_worker_per_node=request.start_one_worker_per_node,
                max_parallel_jobs=request.max_parallel_jobs,
            ),
        )

    def request(self, workflow: Workflow, request: AllocationRequest) -> Requested:
        """Submit and record the allocations of a request that do not exist yet.

        A Slurm or a server that does not answer is tried again.

        Raises:
            TransportError: It still does not answer. What was submitted is found again by its key.
            UsageError: Slurm refused it, or a field of the scheduler is not valid.
            AccessError: Slurm does not let this user.
            ConflictError: A limit of Slurm is reached.
            MachineError: There is no Slurm here, or the output directory cannot be written.
            NotFoundError: There is no such scheduler or workflow any more.
        """
        submitted: list[int] = []
        for delay_s in (*self._delays_s, None):
            try:
                found = self._go_on(workflow, request, submitted)
            except (TransportError, ServerError):
                if delay_s is None or self._is_over.wait(delay_s):
                    raise
            else:
                break
        new = tuple(submitted)
        return Requested(submitted=new, found=tuple(each for each in found if each not in new))

    def _go_on(
        self, workflow: Workflow, request: AllocationRequest, submitted: list[int]
    ) -> list[int]:
        """Do what is still to be done, and return all Slurm jobs of the request.

        Args:
            workflow: The workflow.
            request: The allocations.
            submitted: Where new Slurm jobs are added.
        """
        workflow_id = id_of(workflow)
        self._slurm.cluster()  # before anything is submitted: each record names it
        scheduler = self._client.get_slurm_scheduler(request.scheduler_id)
        records = every_item(self._client.list_scheduled_compute_nodes, workflow_id)
        steps = decide_steps(request.keys, records, self._slurm.queue())
        known = dict(steps.known)
        for key, found in steps.unrecorded.items():
            known[key] = self._record(workflow_id, request, key, found.id, status_of(found))
        self._slurm.cancel(steps.surplus)
        for key in steps.missing:
            job = self._batch_job(workflow, request, scheduler, key)
            slurm_job_id = submit_batch(
                self._slurm, job, directory=self._site.output_dir, keep=self._site.keep_scripts
            )
            known[key] = self._record_new(workflow_id, request, key, slurm_job_id)
            if known[key] == slurm_job_id:
                submitted.append(slurm_job_id)
                self._on_submitted(slurm_job_id)
        return list(known.values())

    def _record_new(
        self, workflow_id: WorkflowId, request: AllocationRequest, key: str, slurm_job_id: int
    ) -> int:
        """Record a new allocation, and return the one of its key: another's, if that was faster."""
        try:
            kept = self._record(workflow_id, request, key, slurm_job_id, AllocationStatus.PENDING)
        except (TransportError, ServerError):
            raise  # it is found again by its key
        except TorcError:
            self._slurm.cancel([slurm_job_id])
            raise
        if kept != slurm_job_id:
            self._slurm.cancel([slurm_job_id])
        return kept

    def _record(
        self,
        workflow_id: WorkflowId,
        request: AllocationRequest,
        key: str,
        slurm_job_id: int,
        status: AllocationStatus,
    ) -> int:
        return self._client.create_scheduled_compute_node(
            ScheduledComputeNode(
                workflow_id=workflow_id,
                scheduler_id=slurm_job_id,
                scheduler_config_id=request.scheduler_id,
                scheduler_type=SchedulerType.SLURM,
                status=status,
                request_key=key,
                slurm_cluster=self._slurm.cluster(),
            )
        ).scheduler_id

    def _batch_job(
        self,
        workflow: Workflow,
        request: AllocationRequest,
        scheduler: SlurmScheduler,
        key: str,
    ) -> BatchJob:
        site = self._site
        return BatchJob(
            workflow_id=id_of(workflow),
            scheduler=scheduler,
            defaults=slurm_defaults(workflow),
            prefix=site.job_prefix,
            output_dir=str(site.output_dir),
            url=site.url,
            access_file=None if site.access_file is None else str(site.access_file),
            poll_interval_s=site.poll_interval_s,
            max_parallel_jobs=request.max_parallel_jobs,
            one_worker_per_node=request.start_one_worker_per_node,
            comment=key,
        )


def slurm_defaults(workflow: Workflow) -> Mapping[str, Any]:
    """Return the `slurm_defaults` of a workflow, which older clients write as text."""
    stated = workflow.slurm_defaults or {}
    try:
        return msgspec.json.decode(stated, type=dict) if isinstance(stated, str) else stated
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"The slurm_defaults of workflow {workflow.id} are not a JSON object: {error}.",
            hint="Create the workflow again.",
        ) from error
