"""Submit a workflow file to Slurm: create the workflow, and request the nodes it begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError, TorcError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.requests import is_of_workflow, was_refused
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import WorkflowId
from torc_core.model.resources import SlurmScheduler
from torc_core.operations.definition.create import create
from torc_core.operations.lifecycle.inputs import check_file_start, find_missing_inputs
from torc_core.operations.reporter import PlainNotice, Proposal, Question, Reporter
from torc_core.operations.slurm.submission.check import check_schedulers
from torc_core.operations.slurm.submission.contents import Placement, SubmissionPlan, plan_expanded
from torc_core.operations.slurm.submission.site import SiteOptions, look_at_site
from torc_core.operations.slurm.submission.start import started
from torc_core.operations.slurm.submission.submit import (
    SlurmSubmission,
    Submitted,
    add_how_to_go_on,
    request_nodes,
    require_nodes_at_start,
)
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.units import counted

_NONE_YET = WorkflowId(0)


class FileSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file that a user submits."""

    spec: ExpandedWorkflow
    user: str
    """Who will own the workflow."""
    command: str
    """The command line that does it once nothing is missing."""
    warnings: tuple[str, ...] = ()
    """Of the plan."""
    placements: Mapping[str, Placement] = {}
    """The partitions that a plan means, by the names of schedulers."""


def propose_submit_file(
    connection: Connection, slurm: Slurm, request: FileSubmission, options: SiteOptions
) -> SlurmSubmission:
    """Propose to create a workflow from a file and to submit it.

    If no allocation could be submitted, the workflow is deleted again.

    Raises:
        UsageError: No action of it requests nodes of Slurm as it starts.
        MachineError: There is no Slurm here, or the output directory cannot be used.
        UnreachableError: Slurm's controller does not answer.
    """
    spec = request.spec
    require_nodes_at_start(
        f"Workflow {spec.name!r}",
        [
            action.trigger_type
            for action in spec.actions
            if action.scheduler is not None and action.scheduler_type == SchedulerType.SLURM
        ],
        hint="To have its allocations planned, use torc submit-slurm.",
    )
    start = check_file_start(spec)
    objection = find_missing_inputs(
        f"Workflow {spec.name!r}", start, request.command, "--ignore-missing-data"
    )
    prospect = look_at_site(connection, slurm, options)
    beyond = check_schedulers(slurm, _schedulers(spec), spec.settings.slurm_defaults or {}, options)
    planned = plan_expanded(spec, request.placements)
    plan = SubmissionPlan(
        allocations=planned, server=prospect.server, output_dir=str(options.directory)
    )

    def perform(reporter: Reporter, *, force: bool) -> Submitted:
        client = connection.client
        workflow_id = create(client, spec, user=request.user, reporter=reporter).workflow_id
        with _deleted_unless_submitted(client, slurm, workflow_id, reporter):
            workflow = client.get_workflow(workflow_id)
            with started(client, workflow, reporter, is_new=True, force=force):
                return request_nodes(connection, slurm, workflow, options, reporter, planned)

    return SlurmSubmission(
        plan=plan,
        proposal=Proposal(
            question=Question(
                sentence=f"Submit {spec.name} to Slurm: {plan.size}?",
                lines=(counted(len(spec.jobs), "job"), *start.lines(), *plan.lines),
            ),
            objection=objection,
            warnings=(
                *(PlainNotice(each) for each in request.warnings),
                *prospect.warnings,
                *beyond,
            ),
            perform=perform,
        ),
    )


@contextmanager
def _deleted_unless_submitted(
    client: TorcClient, slurm: Slurm, workflow_id: WorkflowId, reporter: Reporter
) -> Iterator[None]:
    """Delete a new workflow if submitting it fails or is interrupted before the first allocation.

    Raises:
        TorcError: What the block raised; its hint says how to go on if the workflow is left.
    """
    try:
        yield
    except BaseException as error:
        try:
            is_left = _is_submitted(client, slurm, workflow_id)
            if not is_left:
                client.delete_workflow(workflow_id)
        except NotFoundError:
            is_left = False
        except TorcError:
            is_left = True
        if is_left and isinstance(error, TorcError):
            add_how_to_go_on(error, workflow_id)
        elif is_left:
            reporter.warn(
                PlainNotice(
                    f"Workflow {workflow_id} is left with the allocations that were submitted. To "
                    f"request the others: torc submit {workflow_id}. To end it: "
                    f"torc workflows cancel {workflow_id}"
                )
            )
        raise


def _is_submitted(client: TorcClient, slurm: Slurm, workflow_id: WorkflowId) -> bool:
    """Return whether an allocation of a workflow exists."""
    if next(every_item(client.list_scheduled_compute_nodes, workflow_id), None) is not None:
        return True
    workflow = client.get_workflow(workflow_id)
    return any(
        is_of_workflow(workflow, each.comment) and not was_refused(each) for each in slurm.queue()
    )


def _schedulers(spec: ExpandedWorkflow) -> Iterator[SlurmScheduler]:
    """Yield those that actions refer to, as they will be recorded."""
    used = {action.scheduler for action in spec.actions}
    for number, scheduler in enumerate(spec.slurm_schedulers):
        if number in used:
            yield SlurmScheduler(workflow_id=_NONE_YET, **msgspec.structs.asdict(scheduler))
