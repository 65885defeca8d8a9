"""Workflow actions."""

from __future__ import annotations

from torc_core.client.request import Endpoints
from torc_core.model.action import ActionClaim, ActionClaimReply, ActionEnd, WorkflowAction
from torc_core.model.ids import ActionId, ComputeNodeId, WorkflowId


class ActionEndpoints(Endpoints):
    """Operations on the actions of a workflow."""

    def create_workflow_action(self, action: WorkflowAction) -> WorkflowAction:
        """Create an action."""
        return self._post(f"/workflows/{action.workflow_id}/actions", WorkflowAction, action)

    def get_workflow_actions(self, workflow_id: WorkflowId) -> list[WorkflowAction]:
        """Return all actions of a workflow."""
        return self._get(f"/workflows/{workflow_id}/actions", list[WorkflowAction])

    def get_pending_actions(
        self, workflow_id: WorkflowId, compute_node_id: ComputeNodeId | None = None
    ) -> list[WorkflowAction]:
        """Return the actions that are due; with a node without those that it has executed.

        Only a server with `ACTION_ENDS` knows which those are.
        """
        return self._get(
            f"/workflows/{workflow_id}/actions/pending",
            list[WorkflowAction],
            None if compute_node_id is None else {"compute_node_id": compute_node_id},
        )

    def claim_action(
        self,
        workflow_id: WorkflowId,
        action_id: ActionId,
        compute_node_id: ComputeNodeId | None,
        *,
        reports_end: bool = False,
    ) -> ActionClaimReply:
        """Claim an action, in order to carry it out, and to report its end if that is promised.

        Raises:
            ConflictError: Another runner has claimed it.
        """
        path = f"/workflows/{workflow_id}/actions/{action_id}/claim"
        return self._post(
            path,
            ActionClaimReply,
            ActionClaim(compute_node_id=compute_node_id, reports_end=reports_end),
        )

    def withdraw_action(self, workflow_id: WorkflowId, action_id: ActionId) -> None:
        """Keep an action from being carried out before the next initialization; may be repeated.

        Raises:
            ConflictError: It was claimed, and the server lacks `ASSIGN_SCHEDULER`.
        """
        path = f"/workflows/{workflow_id}/actions/{action_id}/claim"
        self._post(path, ActionClaimReply, ActionClaim(withdraws=True))

    def complete_action(
        self, workflow_id: WorkflowId, action_id: ActionId, end: ActionEnd
    ) -> WorkflowAction:
        """Report how the execution of an action ended; a server with `ACTION_ENDS` knows this."""
        path = f"/workflows/{workflow_id}/actions/{action_id}/complete"
        return self._post(path, WorkflowAction, end)
