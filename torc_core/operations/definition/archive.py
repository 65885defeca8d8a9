"""Archive workflows, and restore them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import UnsupportedError
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import WorkflowStatus
from torc_core.units import counted


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """Workflows were archived or restored."""

    workflow_ids: tuple[WorkflowId, ...]
    is_archived: bool

    @property
    def sentence(self) -> str:
        """What was done."""
        verb = "Archived" if self.is_archived else "Restored"
        return f"{verb} {counted(len(self.workflow_ids), 'workflow')}."


def archive_workflows(
    client: TorcClient, workflow_ids: Sequence[WorkflowId], *, is_archived: bool
) -> Archived:
    """Archive workflows, or restore them; it can be undone, so there is no question.

    Raises:
        NotFoundError: One of them does not exist; none is changed.
    """
    for workflow_id in workflow_ids:
        client.get_workflow(workflow_id)
    for workflow_id in workflow_ids:
        archive_workflow(client, workflow_id, is_archived=is_archived)
    return Archived(workflow_ids=tuple(workflow_ids), is_archived=is_archived)


def archive_workflow(client: TorcClient, workflow_id: WorkflowId, *, is_archived: bool) -> None:
    """Archive a workflow, or restore it.

    Raises:
        NotFoundError: There is no such workflow.
    """
    try:
        client.archive_workflow(workflow_id, is_archived=is_archived)
    except UnsupportedError:  # servers before 0.35 have it in the status
        status = client.get_workflow_status(workflow_id)
        changed = WorkflowStatus(
            is_canceled=status.is_canceled,
            is_archived=is_archived,
            run_id=status.run_id,
            has_detected_need_to_run_completion_script=(
                status.has_detected_need_to_run_completion_script
            ),
        )
        client.update_workflow_status(workflow_id, changed)
