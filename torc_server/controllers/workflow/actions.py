"""Actions of a workflow."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from torc_core.model.action import ActionClaim, ActionClaimReply, ActionEnd, WorkflowAction
from torc_server.edge.parameters import ActionIdInPath, WorkflowIdInPath
from torc_server.edge.warnings import warn
from torc_server.records import actions
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class ActionController(Controller):
    """Workflow actions."""

    path = "/workflows/{workflow_id:int}/actions"
    tags = ("actions",)

    @post("/", status_code=200, operation_id="create_workflow_action")
    async def create_workflow_action(
        self,
        request: Request[Any, Any, Any],
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[WorkflowAction],
    ) -> WorkflowAction:
        """Create an action of the workflow in the path; one named in the body is ignored."""
        action = await writer.run(actions.create_action, workflow_id, data)
        warn(request.scope, actions.remark_on(action))
        return action

    @get("/", operation_id="get_workflow_actions")
    async def get_workflow_actions(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> list[WorkflowAction]:
        """List a workflow's actions."""
        return await readers.run(actions.list_actions, workflow_id)

    @get("/pending", operation_id="get_pending_actions")
    async def get_pending_actions(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        trigger_type: FromQuery[list[str] | None] = None,
        compute_node_id: FromQuery[int | None] = None,
    ) -> list[WorkflowAction]:
        """List a workflow's actions that are due and unclaimed.

        With a compute node, without those that it has executed.
        """
        return await readers.look_up(
            actions.list_pending_actions, workflow_id, tuple(trigger_type or ()), compute_node_id
        )

    @post("/{action_id:int}/claim", status_code=200, operation_id="claim_action")
    async def claim_action(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        action_id: ActionIdInPath,
        data: JSONBody[ActionClaim],
    ) -> ActionClaimReply:
        """Claim an action; only one caller gets it."""
        return await writer.run_timed(actions.claim_action, workflow_id, action_id, data)

    @post("/{action_id:int}/complete", status_code=200, operation_id="complete_action")
    async def complete_action(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        action_id: ActionIdInPath,
        data: JSONBody[ActionEnd],
    ) -> WorkflowAction:
        """Record how the execution of a claimed action ended."""
        return await writer.run_timed(actions.complete_action, workflow_id, action_id, data)
