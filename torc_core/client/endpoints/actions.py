"""Workflow actions."""

from __future__ import annotations

from torc_core.client.request import Endpoints
from torc_core.model.action import ActionClaim, ActionClaimReply, WorkflowAction
from torc_core.model.ids import ActionId, ComputeNodeId, WorkflowId


class ActionEndpoints(Endpoints):
    """Operations on the actions of a workflow."""

    def create_workflow_action(self, action: WorkflowAction) -> WorkflowAction:
        """Create an action."""
        return self._post(f"/workflows/{action.workflow_id}/actions", WorkflowAction, action)

    def get_workflow_actions(self, workflow_id: WorkflowId) -> list[WorkflowAction]:
        """Return all actions of a workflow."""
        return self._get(f"/workflows/{workflow_id}/actions", list[WorkflowAction])

    def get_pending_actions(self, workflow_id: WorkflowId) -> list[WorkflowAction]:
        """Return the actions that are due."""
        return self._get(f"/workflows/{workflow_id}/actions/pending", list[WorkflowAction])

    def claim_action(
        self, workflow_id: WorkflowId, action_id: ActionId, compute_node_id: ComputeNodeId | None
    ) -> ActionClaimReply:
        """Claim an action, in order to carry it out.

        Raises:
            ConflictError: Another runner has claimed it.
        """
        path = f"/workflows/{workflow_id}/actions/{action_id}/claim"
        return self._post(path, ActionClaimReply, ActionClaim(compute_node_id=compute_node_id))
