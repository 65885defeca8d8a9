"""The actions of a workflow that request nodes of Slurm and are due: found, and carried out.

A runner claims such an action and says at its end how that went, so if it dies the action is due
again. A command claims it for no node. If that dies, the action counts as executed, and what it
lacks is found by the keys of its allocations; so those that are executed are looked at, too.
"""

from __future__ import annotations

from collections.abc import Collection

from torc_core.client import Feature, TorcClient
from torc_core.errors import ConflictError
from torc_core.hpc.slurm.nodes import Requested, SlurmNodes
from torc_core.model.action import WORKER_TRIGGERS, WorkflowAction
from torc_core.model.ids import SchedulerId, WorkflowId, id_of
from torc_core.operations.slurm.submission.contents import is_for_slurm, scheduler_ids
from torc_core.runner.actions.nodes import node_request


def is_due(action: WorkflowAction, *, keeps_keys: bool) -> bool:
    """Return whether an action requests nodes of Slurm now, or may have done so in part. Pure.

    Those for the start and the end of runners are executed by runners alone.
    """
    return (
        is_for_slurm(action)
        and action.trigger_type not in WORKER_TRIGGERS
        and action.is_triggered
        and (keeps_keys or not action.executed)
    )


def carry_out_due(
    client: TorcClient,
    workflow_id: WorkflowId,
    nodes: SlurmNodes,
    *,
    schedulers: Collection[SchedulerId] | None = None,
) -> Requested:
    """Request what is missing of the nodes of actions that are due.

    A server of the reference keeps no keys of allocations: there an executed action stays so.

    Args:
        client: The server.
        workflow_id: The workflow.
        nodes: Requests them.
        schedulers: Those of the actions that are meant; None for all.

    Raises:
        TorcError: They were not requested, or not all; who tries again goes on from there.
        UsageError: The configuration of an action is not valid, among others.
    """
    keeps_keys = client.offers(Feature.ALLOCATION_KEYS)
    submitted: list[int] = []
    found: list[int] = []
    for action in client.get_workflow_actions(workflow_id):
        if not is_due(action, keeps_keys=keeps_keys):
            continue
        if schedulers is not None and scheduler_ids([action]).isdisjoint(schedulers):
            continue
        request = node_request(workflow_id, id_of(action), action.action_config)
        is_ours = action.executed or _claim(client, action)
        if is_ours or keeps_keys:  # who has just claimed it may die, and the keys prevent the rest
            done = nodes.carry_out(request)
            submitted += done.submitted
            found += done.found
    return Requested(submitted=tuple(submitted), found=tuple(found))


def _claim(client: TorcClient, action: WorkflowAction) -> bool:
    """Claim an action; return whether it is ours to carry out."""
    try:
        client.claim_action(action.workflow_id, id_of(action), None)
    except ConflictError:
        return False
    return True
