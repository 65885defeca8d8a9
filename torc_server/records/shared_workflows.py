"""Sharing of workflows with access groups, and who has access because of it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from torc_core.model.ids import GroupId, WorkflowId
from torc_core.model.records.access import AccessCheck, AccessGroup, GroupPage, WorkflowAccessGroup
from torc_server.records.access_groups import find_one, get_group, insert_once, list_groups
from torc_server.rules.sharing import created_at
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.mapping import TableMapping

LINK = TableMapping(wire=WorkflowAccessGroup, table=tables.workflow_access_group)

_group = tables.access_group.c
_link = tables.workflow_access_group.c
_member = tables.user_group_membership.c


def share(
    connection: Connection, workflow_id: WorkflowId, group_id: GroupId, *, now_ms: int
) -> WorkflowAccessGroup:
    """Share a workflow with a group and return the link.

    Raises:
        NotFoundError: There is no such workflow, or no such group.
        ConflictError: It is already shared with that group.
    """
    find_workflow(connection, workflow_id)
    group = get_group(connection, group_id)
    statement = insert(tables.workflow_access_group).values(
        workflow_id=workflow_id, group_id=group_id, created_at=created_at(now_ms)
    )
    already = f"Workflow {workflow_id} is already shared with {group.name!r}."
    insert_once(connection, statement, already)
    return _get_link(connection, workflow_id, group_id)


def list_workflow_groups(
    connection: Connection, workflow_id: WorkflowId, offset: int, limit: int
) -> GroupPage[AccessGroup]:
    """Return a page of the groups that a workflow is shared with, by name.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    linked = select(_link.group_id).where(_link.workflow_id == workflow_id)
    return list_groups(connection, offset, limit, _group.id.in_(linked))


def unshare(
    connection: Connection, workflow_id: WorkflowId, group_id: GroupId
) -> WorkflowAccessGroup:
    """Stop sharing a workflow with a group and return the link.

    Raises:
        NotFoundError: There is no such workflow, or it is not shared with that group.
    """
    find_workflow(connection, workflow_id)
    link = _get_link(connection, workflow_id, group_id)
    statement = delete(tables.workflow_access_group).where(
        _link.workflow_id == workflow_id, _link.group_id == group_id
    )
    connection.execute(statement)
    return link


def check_access(connection: Connection, workflow_id: WorkflowId, user_name: str) -> AccessCheck:
    """Return whether a user owns a workflow or is in a group that it is shared with.

    Raises:
        NotFoundError: There is no such workflow.
    """
    is_owner = find_workflow(connection, workflow_id).user == user_name
    through = (
        select(_group.name)
        .join(tables.user_group_membership, _member.group_id == _group.id)
        .join(tables.workflow_access_group, _link.group_id == _group.id)
        .where(_link.workflow_id == workflow_id, _member.user_name == user_name)
        .order_by(_group.name)
        .limit(1)
    )
    group = None if is_owner else connection.execute(through).scalar_one_or_none()
    if is_owner:
        reason = "The user owns the workflow."
    elif group is not None:
        reason = f"The workflow is shared with the user's group {group!r}."
    else:
        reason = "The workflow is another user's, and not shared with any of this user's groups."
    return AccessCheck(
        has_access=is_owner or group is not None,
        reason=reason,
        user_name=user_name,
        workflow_id=workflow_id,
    )


def _get_link(
    connection: Connection, workflow_id: WorkflowId, group_id: GroupId
) -> WorkflowAccessGroup:
    is_it = (_link.workflow_id == workflow_id, _link.group_id == group_id)
    return find_one(
        connection, LINK, f"access of workflow {workflow_id} for group", group_id, *is_it
    )
