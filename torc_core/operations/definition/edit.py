"""Create an empty workflow, and change fields of one."""

from __future__ import annotations

from typing import Any

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow, WorkflowPatch
from torc_core.operations.definition.create import workflow_record
from torc_core.operations.facts import title_of
from torc_core.spec import ExpandedWorkflow, WorkflowSettings


class WorkflowEdited(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was created without jobs, or changed."""

    workflow: Workflow
    verb: str

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"{self.verb} {title_of(self.workflow)}."


def new_workflow(
    client: TorcClient, *, name: str, description: str | None, user: str
) -> WorkflowEdited:
    """Create a workflow without jobs, with the settings of one whose file says nothing."""
    settings = WorkflowSettings(name=name, description=description)
    record = workflow_record(ExpandedWorkflow(settings=settings, jobs=()), user)
    return WorkflowEdited(workflow=client.create_workflow(record), verb="Created")


def update_workflow(
    client: TorcClient, workflow_id: WorkflowId, changes: dict[str, Any]
) -> WorkflowEdited:
    """Change fields of a workflow; there is no question.

    Args:
        client: The server.
        workflow_id: The workflow.
        changes: Fields of `WorkflowPatch`.

    Raises:
        UsageError: There is nothing to change.
        NotFoundError: There is no such workflow.
    """
    if not changes:
        raise UsageError("There is nothing to change.", hint="Give a field and its new value.")
    patch = WorkflowPatch(**changes)
    return WorkflowEdited(workflow=client.update_workflow(workflow_id, patch), verb="Updated")
