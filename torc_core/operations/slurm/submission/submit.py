"""Submit a workflow to Slurm: initialize it if need be, and request the nodes it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError, TorcError, UsageError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.nodes import SlurmNodes, slurm_defaults
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.action import TriggerType, WorkflowAction
from torc_core.model.ids import SchedulerId, WorkflowId, id_of
from torc_core.model.resources import SlurmScheduler
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import count_lines, has_nothing_to_run, refuse_archived, title_of
from torc_core.operations.lifecycle.inputs import StartCheck, check_start, find_missing_inputs
from torc_core.operations.reporter import PlainNotice, Proposal, Question, Reporter
from torc_core.operations.slurm.submission.check import check_schedulers
from torc_core.operations.slurm.submission.contents import (
    PlannedAllocations,
    SubmissionPlan,
    is_for_slurm,
    plan_stored,
    scheduler_ids,
)
from torc_core.operations.slurm.submission.due_actions import carry_out_due, is_due
from torc_core.operations.slurm.submission.ended import refuse_ended
from torc_core.operations.slurm.submission.site import SiteOptions, look_at_site, open_site
from torc_core.operations.slurm.submission.start import needs_start, started
from torc_core.units import counted


def submitted_allocation(slurm_job_id: int) -> PlainNotice:
    """Return that an allocation was submitted."""
    return PlainNotice(f"Submitted Slurm job {slurm_job_id} …")


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was submitted; all allocations that are due exist."""

    workflow_id: WorkflowId
    title: str
    slurm_job_ids: tuple[int, ...]
    """Submitted now."""
    found: tuple[int, ...] = ()
    """Submitted before."""
    num_later: int = 0
    """Allocations that are requested when their triggers fire."""
    output_dir: str

    @property
    def sentence(self) -> str:
        """What was done."""
        if not self.slurm_job_ids:
            return (
                f"Workflow {self.title} is submitted already: "
                f"{counted(len(self.found), 'allocation')}{_numbers(self.found)}."
            )
        later = f"; {self.num_later:,} more when their jobs are ready" if self.num_later else ""
        number = counted(len(self.slurm_job_ids), "allocation")
        return f"Submitted {self.title}: {number}{_numbers(self.slurm_job_ids)}{later}."


class SubmitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before a submission."""

    workflow_id: WorkflowId
    status: WorkflowStatus
    actions: tuple[WorkflowAction, ...]
    """Those that request nodes of Slurm."""
    start: StartCheck | None
    """Inputs and outputs, if the workflow is yet to be initialized."""


class SlurmSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that is possible: what it will ask for, and its proposal."""

    plan: SubmissionPlan
    proposal: Proposal[Submitted]


def propose_submit(
    connection: Connection, slurm: Slurm, workflow_id: WorkflowId, options: SiteOptions
) -> SlurmSubmission:
    """Propose to submit a workflow that exists.

    What an earlier submission has left undone is done; what it has submitted is not repeated.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: No action of it requests nodes of Slurm as it starts.
        ConflictError: It is archived, canceled or complete.
        MachineError: There is no Slurm here, or the output directory cannot be used.
        UnreachableError: Slurm's controller does not answer.
    """
    client = connection.client
    workflow = client.get_workflow(workflow_id)
    is_new = client.is_workflow_uninitialized(workflow_id)
    facts = SubmitFacts(
        workflow_id=workflow_id,
        status=client.get_workflow_status(workflow_id),
        actions=tuple(filter(is_for_slurm, client.get_workflow_actions(workflow_id))),
        start=check_start(client, workflow_id) if is_new else None,
    )
    slurm.require()  # without it nothing else matters
    objection = decide_submit(facts)
    prospect = look_at_site(connection, slurm, options)
    schedulers = _schedulers(client, workflow_id)
    planned = plan_stored(facts.actions, schedulers, is_new=is_new)
    used = scheduler_ids(facts.actions)
    beyond = check_schedulers(
        slurm,
        [each for number, each in schedulers.items() if number in used],
        slurm_defaults(workflow),
        options,
    )
    plan = SubmissionPlan(
        allocations=planned, server=prospect.server, output_dir=str(options.directory)
    )

    def perform(reporter: Reporter, *, force: bool) -> Submitted:
        start = (
            started(client, workflow, reporter, is_new=is_new, force=force)
            if needs_start(facts.status, is_new=is_new)
            else nullcontext()
        )
        with start:
            try:
                done = request_nodes(connection, slurm, workflow, options, reporter, planned)
            except TorcError as error:
                add_how_to_go_on(error, workflow_id)
                raise
            if done.found and not done.slurm_job_ids:
                more = f"Request more: torc slurm schedule-nodes {workflow_id}"
                refuse_ended(client, slurm, workflow_id, len(done.found), more)
            return done

    return SlurmSubmission(
        plan=plan,
        proposal=Proposal(
            question=Question(
                sentence=f"Submit {title_of(workflow)} to Slurm: {plan.size}?",
                lines=(
                    *count_lines(facts.status.jobs_by_status),
                    *(facts.start.lines() if facts.start else ()),
                    *plan.lines,
                ),
            ),
            objection=objection,
            warnings=(*prospect.warnings, *beyond),
            perform=perform,
        ),
    )


def decide_submit(facts: SubmitFacts) -> TorcError | None:
    """Return what must be overridden for this submission. Pure.

    Raises:
        ConflictError: The workflow is archived, canceled or complete, or no action of it is due.
        UsageError: No action requests nodes of Slurm as it starts.
    """
    workflow_id = facts.workflow_id
    refuse_archived(workflow_id, facts.status)
    require_nodes_at_start(
        f"Workflow {workflow_id}",
        [action.trigger_type for action in facts.actions],
        hint="torc submit-slurm FILE plans the allocations of a workflow file and submits it; "
        f"torc slurm schedule-nodes {workflow_id} requests some for this one.",
    )
    if facts.status.is_canceled:
        raise ConflictError(
            f"Workflow {workflow_id} is canceled.",
            hint=f"Begin a new run, then submit it: torc workflows reinitialize {workflow_id}",
        )
    if has_nothing_to_run(facts.status.jobs_by_status):
        raise ConflictError(
            f"Workflow {workflow_id} is complete: there is nothing to submit.",
            hint=f"Begin a new run, then submit it: torc workflows reinitialize {workflow_id}",
        )
    if facts.start is None:
        if not any(is_due(each, keeps_keys=True) for each in facts.actions):
            raise ConflictError(
                f"Workflow {workflow_id} requests no nodes now: what it had planned is withdrawn, "
                "or not due.",
                hint=f"Plan and request them: torc slurm regenerate {workflow_id} --submit",
            )
        return None
    command = f"torc submit {workflow_id}"
    return find_missing_inputs(
        f"Workflow {workflow_id}", facts.start, command, "--ignore-missing-data"
    )


def require_nodes_at_start(title: str, triggers: list[str], hint: str) -> None:
    """Refuse a workflow that requests no nodes of Slurm as it starts. Pure.

    Args:
        title: What it is, at the beginning of a sentence.
        triggers: Those of its actions that request nodes of Slurm.
        hint: What to do instead.

    Raises:
        UsageError: None of them is the start of the workflow.
    """
    if TriggerType.ON_WORKFLOW_START not in triggers:
        raise UsageError(
            f"{title} requests no nodes as it starts: it has no action with action_type "
            "schedule_nodes and trigger_type on_workflow_start.",
            hint=hint,
        )


def request_nodes(
    connection: Connection,
    slurm: Slurm,
    workflow: Workflow,
    options: SiteOptions,
    reporter: Reporter,
    planned: tuple[PlannedAllocations, ...],
) -> Submitted:
    """Request the missing nodes among those that an initialized workflow begins with.

    Raises:
        TorcError: They were not requested, or not all.
    """
    client, workflow_id = connection.client, id_of(workflow)
    nodes = SlurmNodes(
        client,
        slurm,
        open_site(connection, slurm, workflow, options),
        on_submitted=lambda number: reporter.progress(submitted_allocation(number)),
    )
    done = carry_out_due(client, workflow_id, nodes)
    return Submitted(
        workflow_id=workflow_id,
        title=title_of(workflow),
        slurm_job_ids=done.submitted,
        found=done.found,
        num_later=sum(each.num_allocations for each in planned if not each.is_now),
        output_dir=str(options.directory),
    )


def add_how_to_go_on(error: TorcError, workflow_id: WorkflowId) -> None:
    """Say in the hint of an error how the submission that it stopped is continued."""
    error.hint = f"{error.hint} To request what is missing: torc submit {workflow_id}".strip()


def _schedulers(
    client: TorcClient, workflow_id: WorkflowId
) -> Mapping[SchedulerId, SlurmScheduler]:
    found = every_item(client.list_slurm_schedulers, workflow_id)
    return {SchedulerId(id_of(each)): each for each in found}


def _numbers(slurm_job_ids: tuple[int, ...]) -> str:
    """Return the Slurm jobs in brackets: the only one, or the first and the last."""
    if not slurm_job_ids:
        return ""
    if len(slurm_job_ids) == 1:
        return f" (Slurm job {slurm_job_ids[0]})"
    return f" (Slurm jobs {min(slurm_job_ids)} to {max(slurm_job_ids)})"


def title_record(workflow: Workflow) -> dict[str, Any]:
    """Return which workflow is meant, for programs."""
    return {"workflow_id": workflow.id, "workflow_name": workflow.name}
