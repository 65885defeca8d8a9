"""Cancel a workflow."""

from __future__ import annotations

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.model.status import ACTIVE
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count, count_lines, counted, is_settled, title_of
from torc_core.operations.reporter import Proposal, Question, Reporter


class Canceled(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was canceled."""

    workflow_id: WorkflowId
    title: str
    was_canceled: bool
    """Before it was asked for."""

    @property
    def sentence(self) -> str:
        """What was done."""
        if self.was_canceled:
            return f"Workflow {self.title} is already canceled."
        return f"Canceled workflow {self.title}."


def propose_cancel(client: TorcClient, workflow_id: WorkflowId) -> Proposal[Canceled]:
    """Propose to cancel a workflow; one that is canceled stays so, as a script may repeat itself.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is complete.
    """
    workflow = client.get_workflow(workflow_id)
    status = client.get_workflow_status(workflow_id)
    decide_cancel(workflow_id, status)

    def perform(_reporter: Reporter, *, force: bool) -> Canceled:  # noqa: ARG001 - nothing to force
        if not status.is_canceled:
            client.cancel_workflow(workflow_id)
        return Canceled(
            workflow_id=workflow_id, title=title_of(workflow), was_canceled=status.is_canceled
        )

    if status.is_canceled:
        return Proposal(question=None, perform=perform)

    active = count(status.jobs_by_status, ACTIVE)
    return Proposal(
        question=Question(
            sentence=f"Cancel WORKFLOW {title_of(workflow)}?",
            lines=(
                f"{counted(active, 'active job')} will be stopped."
                if active
                else "No job is active.",
                *count_lines(status.jobs_by_status),
            ),
            is_danger=True,
            is_optional=True,
        ),
        perform=perform,
    )


def decide_cancel(workflow_id: WorkflowId, status: WorkflowStatus) -> None:
    """Refuse where there is nothing to cancel.

    Raises:
        ConflictError: It is complete.
    """
    if is_settled(status.jobs_by_status) and not status.is_canceled:
        raise ConflictError(f"Workflow {workflow_id} is complete: there is nothing to cancel.")
