"""Request further nodes of Slurm for a workflow that runs, or is ready to."""

from __future__ import annotations

import secrets
from contextlib import nullcontext

import msgspec

from torc_core.client import every_item
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.nodes import SlurmNodes
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.requests import AllocationRequest, keys_of_call
from torc_core.model.ids import SchedulerId, WorkflowId, id_of
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import has_nothing_to_run, refuse_archived, title_of
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.operations.slurm.submission.contents import PlannedAllocations, SubmissionPlan
from torc_core.operations.slurm.submission.due_actions import carry_out_due
from torc_core.operations.slurm.submission.site import SiteOptions, look_at_site, open_site
from torc_core.operations.slurm.submission.start import needs_start, started
from torc_core.operations.slurm.submission.submit import (
    SlurmSubmission,
    Submitted,
    submitted_allocation,
)
from torc_core.units import counted


class ScheduleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes that a user asks for."""

    workflow_id: WorkflowId
    scheduler_id: SchedulerId | None = None
    """None for the only one of the workflow."""
    num_allocations: int = 1
    start_one_worker_per_node: bool = False
    max_parallel_jobs: int | None = None


def propose_schedule_nodes(
    connection: Connection, slurm: Slurm, request: ScheduleRequest, options: SiteOptions
) -> SlurmSubmission:
    """Propose to request further allocations.

    What an earlier submission has left undone is done first.

    Raises:
        NotFoundError: There is no such workflow, or it has no such scheduler.
        UsageError: It has several schedulers, and none is named.
        ConflictError: It is archived, canceled or complete, or not initialized.
        MachineError: There is no Slurm here, or the output directory cannot be used.
        UnreachableError: Slurm's controller does not answer.
    """
    client, workflow_id = connection.client, request.workflow_id
    workflow = client.get_workflow(workflow_id)
    is_new = client.is_workflow_uninitialized(workflow_id)
    status = client.get_workflow_status(workflow_id)
    decide_schedule(workflow_id, status, is_new=is_new)
    scheduler = choose_scheduler(
        workflow_id,
        list(every_item(client.list_slurm_schedulers, workflow_id)),
        request.scheduler_id,
    )
    prospect = look_at_site(connection, slurm, options)
    planned = PlannedAllocations(
        trigger_type="now",
        scheduler=scheduler.name or f"scheduler {scheduler.id}",
        num_allocations=request.num_allocations,
        nodes=scheduler.nodes,
        walltime=scheduler.walltime,
        partition=scheduler.partition,
        is_now=True,
    )
    plan = SubmissionPlan(
        allocations=(planned,), server=prospect.server, output_dir=str(options.directory)
    )
    call = secrets.token_hex(4)

    def perform(reporter: Reporter, *, force: bool) -> Submitted:
        start = (
            started(client, workflow, reporter, is_new=False, force=force)
            if needs_start(status, is_new=False)
            else nullcontext()
        )
        nodes = SlurmNodes(
            client,
            slurm,
            open_site(connection, slurm, workflow, options),
            on_submitted=lambda number: reporter.progress(submitted_allocation(number)),
        )
        with start:
            carry_out_due(client, workflow_id, nodes)
            keys = keys_of_call(
                workflow,
                client.get_workflow_status(workflow_id).run_id,
                call,
                request.num_allocations,
            )
            done = nodes.request(
                workflow,
                AllocationRequest(
                    keys=keys,
                    scheduler_id=id_of(scheduler),
                    start_one_worker_per_node=request.start_one_worker_per_node,
                    max_parallel_jobs=request.max_parallel_jobs,
                ),
            )
        return Submitted(
            workflow_id=workflow_id,
            title=title_of(workflow),
            slurm_job_ids=(*done.submitted, *done.found),
            output_dir=str(options.directory),
        )

    return SlurmSubmission(
        plan=plan,
        proposal=Proposal(
            question=Question(
                sentence=f"Request nodes for {title_of(workflow)} of Slurm: {plan.size}?",
                lines=plan.lines,
            ),
            warnings=prospect.warnings,
            perform=perform,
        ),
    )


def decide_schedule(workflow_id: WorkflowId, status: WorkflowStatus, *, is_new: bool) -> None:
    """Refuse nodes for a workflow that has nothing to run on them. Pure.

    Raises:
        ConflictError: It is archived, canceled or complete, or not initialized.
    """
    refuse_archived(workflow_id, status)
    if status.is_canceled or has_nothing_to_run(status.jobs_by_status):
        state = "canceled" if status.is_canceled else "complete"
        raise ConflictError(
            f"Workflow {workflow_id} is {state}: there is nothing to run.",
            hint=f"Begin a new run first: torc workflows reinitialize {workflow_id}",
        )
    if is_new:
        raise ConflictError(
            f"Workflow {workflow_id} is not initialized, so there is nothing to run yet.",
            hint=f"Submit it: torc submit {workflow_id}; or initialize it: "
            f"torc workflows initialize {workflow_id}",
        )


def choose_scheduler(
    workflow_id: WorkflowId, schedulers: list[SlurmScheduler], scheduler_id: SchedulerId | None
) -> SlurmScheduler:
    """Return the scheduler that is meant. Pure.

    Raises:
        NotFoundError: The workflow has none, or not this one.
        UsageError: It has several, and none is named.
    """
    if scheduler_id is not None:
        for each in schedulers:
            if each.id == scheduler_id:
                return each
        raise NotFoundError.of("Slurm scheduler", scheduler_id)
    if len(schedulers) == 1:
        return schedulers[0]
    if not schedulers:
        raise NotFoundError(
            f"Workflow {workflow_id} has no Slurm scheduler.",
            hint=f"Create one: torc slurm create {workflow_id} --name NAME --account ACCOUNT",
        )
    names = ", ".join(f"{each.id} ({each.name})" for each in schedulers)
    raise UsageError(
        f"Workflow {workflow_id} has {counted(len(schedulers), 'Slurm scheduler')}: {names}.",
        hint="Name one with --scheduler-config-id.",
    )
