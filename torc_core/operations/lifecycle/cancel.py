"""Cancel a workflow, and the Slurm allocations that it has requested."""

from __future__ import annotations

from enum import Enum, auto

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.settle import unfinished_allocations
from torc_core.model.ids import WorkflowId
from torc_core.model.status import ACTIVE, ending_of
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count, count_lines, is_settled, title_of
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.operations.slurm.end_allocations import EndedAllocations, end_allocations
from torc_core.units import counted


class Before(Enum):
    """What a workflow was when it was to be canceled."""

    OPEN = auto()
    CANCELED = auto()
    COMPLETE = auto()


class Canceled(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was canceled."""

    workflow_id: WorkflowId
    title: str
    before: Before
    """What it was before that."""
    ending: str
    """How it ended, if it has."""
    allocations: EndedAllocations
    """Which of its Slurm allocations were canceled, too."""

    @property
    def sentence(self) -> str:
        """What was done."""
        said = {
            Before.OPEN: f"Canceled workflow {self.title}.",
            Before.CANCELED: f"Workflow {self.title} is already canceled.",
            Before.COMPLETE: f"Workflow {self.title} {self.ending}.",
        }
        return f"{said[self.before]} {self.allocations.sentence}".strip()


def propose_cancel(client: TorcClient, workflow_id: WorkflowId, slurm: Slurm) -> Proposal[Canceled]:
    """Propose to cancel a workflow and its Slurm allocations.

    One that is canceled stays so, as a script may repeat itself; allocations that are left are
    canceled. So are those of a workflow that is complete.

    Args:
        client: The server.
        workflow_id: The workflow.
        slurm: The programs of the cluster, if there is one here.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is complete, and none of its allocations is left.
    """
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    allocations = len(unfinished_allocations(client, workflow_id))
    before = decide_cancel(workflow_id, status, allocations)

    def perform(_reporter: Reporter, **_force: bool) -> Canceled:
        if before is Before.OPEN:
            client.cancel_workflow(workflow_id)
        return Canceled(
            workflow_id=workflow_id,
            title=title_of(workflow),
            before=before,
            ending=ending_of(status.jobs_by_status),
            allocations=end_allocations(client, workflow, slurm),
        )

    if before is Before.CANCELED:
        return Proposal(question=None, perform=perform)

    active = count(status.jobs_by_status, ACTIVE)
    return Proposal(
        question=Question(
            sentence=f"Cancel WORKFLOW {title_of(workflow)}?",
            lines=(
                f"{counted(active, 'active job')} will be stopped."
                if active
                else "No job is active.",
                *([f"{counted(allocations, 'Slurm allocation')} will end."] if allocations else []),
                *count_lines(status.jobs_by_status),
            ),
            is_danger=True,
            is_optional=True,
        ),
        perform=perform,
    )


def decide_cancel(workflow_id: WorkflowId, status: WorkflowStatus, allocations: int) -> Before:
    """Return what a workflow is before it is canceled. Pure.

    Args:
        workflow_id: The workflow.
        status: Its status.
        allocations: How many of its Slurm allocations have not ended.

    Raises:
        ConflictError: It is complete, and no allocation is left.
    """
    if status.is_canceled:
        return Before.CANCELED
    if not is_settled(status.jobs_by_status):
        return Before.OPEN
    if not allocations:
        ending = ending_of(status.jobs_by_status)
        raise ConflictError(f"Workflow {workflow_id} {ending}: there is nothing to cancel.")
    return Before.COMPLETE
