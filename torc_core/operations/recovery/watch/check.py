"""What is checked before a watch begins."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import refuse_archived
from torc_core.operations.recovery.hook import check_hook
from torc_core.operations.recovery.watch.request import WatchRequest


def find_watchable(client: TorcClient, request: WatchRequest) -> Workflow:
    """Return the workflow of a watch, if it can be watched like this.

    Raises:
        NotFoundError: There is no such workflow.
        ConflictError: It is archived.
        UsageError: The options of recoveries make no sense.
        AccessError: The hook is for the workflow of another user, or written by one.
        MachineError: The hook cannot be run.
        TransportError: The server does not answer.
    """
    workflow_id = request.workflow_id
    workflow = client.get_workflow(workflow_id)
    refuse_archived(workflow_id, client.get_workflow_status(workflow_id))
    if request.options.recover:
        request.recovery.check()
        if request.recovery.hook is not None:
            trust = request.recovery.trust
            check_hook(request.recovery.hook, workflow, user=request.user, trust=trust)
    return workflow
