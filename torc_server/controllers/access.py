"""Access groups, their members, and the workflows that are shared with them."""

from __future__ import annotations

import asyncio

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from torc_core.model.records.access import (
    GROUP_LIMIT,
    AccessCheck,
    AccessGroup,
    GroupPage,
    ReloadAuthReply,
    UserGroupMembership,
    WorkflowAccessGroup,
)
from torc_server.access.users import Users
from torc_server.edge.idempotency import NATURAL
from torc_server.edge.parameters import Count, GroupIdInPath, WorkflowIdInPath
from torc_server.records import access_groups, shared_workflows
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class AccessGroupController(Controller):
    """Access groups and their members."""

    path = "/access_groups"
    tags = ("access control",)

    @post("/", status_code=200, operation_id="create_access_group")
    async def create_access_group(
        self, writer: NamedDependency[Transactions], data: JSONBody[AccessGroup]
    ) -> AccessGroup:
        """Create an access group."""
        return await writer.run_timed(access_groups.create_group, data)

    @get("/", operation_id="list_access_groups")
    async def list_access_groups(
        self, readers: NamedDependency[Readers], offset: Count = 0, limit: Count = GROUP_LIMIT
    ) -> GroupPage[AccessGroup]:
        """List the access groups, by name."""
        return await readers.run(access_groups.list_groups, offset, limit)

    @get("/{group_id:int}", operation_id="get_access_group")
    async def get_access_group(
        self, readers: NamedDependency[Readers], group_id: GroupIdInPath
    ) -> AccessGroup:
        """Get an access group."""
        return await readers.run(access_groups.get_group, group_id)

    @delete("/{group_id:int}", status_code=200, operation_id="delete_access_group")
    async def delete_access_group(
        self, writer: NamedDependency[Transactions], group_id: GroupIdInPath
    ) -> AccessGroup:
        """Delete an access group with its memberships and its links to workflows."""
        return await writer.run(access_groups.delete_group, group_id)

    @post("/{group_id:int}/members", status_code=200, operation_id="add_user_to_group")
    async def add_user_to_group(
        self,
        writer: NamedDependency[Transactions],
        group_id: GroupIdInPath,
        data: JSONBody[UserGroupMembership],
    ) -> UserGroupMembership:
        """Add a user to the group in the path; a group named in the body is ignored."""
        return await writer.run_timed(access_groups.add_member, group_id, data)

    @get("/{group_id:int}/members", operation_id="list_group_members")
    async def list_group_members(
        self,
        readers: NamedDependency[Readers],
        group_id: GroupIdInPath,
        offset: Count = 0,
        limit: Count = GROUP_LIMIT,
    ) -> GroupPage[UserGroupMembership]:
        """List the members of a group, by name."""
        return await readers.run(access_groups.list_members, group_id, offset, limit)

    @delete(
        "/{group_id:int}/members/{user_name:str}",
        status_code=200,
        operation_id="remove_user_from_group",
    )
    async def remove_user_from_group(
        self,
        writer: NamedDependency[Transactions],
        group_id: GroupIdInPath,
        user_name: FromPath[str],
    ) -> UserGroupMembership:
        """Remove a user from a group."""
        return await writer.run(access_groups.remove_member, group_id, user_name)


class SharingController(Controller):
    """Sharing workflows with groups, and who has access.

    To share a workflow, the published document (and the 0.12 generation of clients) names the group
    in the body, while the reference's server and the 0.35 generation name it in the path. Both are
    served; the operation id belongs to the first, which is in the document of the version that
    this server states.
    """

    tags = ("access control",)

    @post(
        "/workflows/{workflow_id:int}/access_groups",
        status_code=200,
        operation_id="add_workflow_to_group",
    )
    async def add_workflow_to_group(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[WorkflowAccessGroup],
    ) -> WorkflowAccessGroup:
        """Share the workflow in the path with a group; a workflow named in the body is ignored."""
        return await writer.run_timed(shared_workflows.share, workflow_id, data.group_id)

    @post(
        "/workflows/{workflow_id:int}/access_groups/{group_id:int}",
        status_code=200,
        operation_id="add_workflow_to_group_by_id",
    )
    async def add_workflow_to_group_by_id(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        group_id: GroupIdInPath,
    ) -> WorkflowAccessGroup:
        """Share a workflow with a group; the body is ignored."""
        return await writer.run_timed(shared_workflows.share, workflow_id, group_id)

    @get("/workflows/{workflow_id:int}/access_groups", operation_id="list_workflow_groups")
    async def list_workflow_groups(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        offset: Count = 0,
        limit: Count = GROUP_LIMIT,
    ) -> GroupPage[AccessGroup]:
        """List the groups that a workflow is shared with, by name."""
        return await readers.run(shared_workflows.list_workflow_groups, workflow_id, offset, limit)

    @delete(
        "/workflows/{workflow_id:int}/access_groups/{group_id:int}",
        status_code=200,
        operation_id="remove_workflow_from_group",
    )
    async def remove_workflow_from_group(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        group_id: GroupIdInPath,
    ) -> WorkflowAccessGroup:
        """Stop sharing a workflow with a group."""
        return await writer.run(shared_workflows.unshare, workflow_id, group_id)

    @get("/users/{user_name:str}/groups", operation_id="list_user_groups")
    async def list_user_groups(
        self,
        readers: NamedDependency[Readers],
        user_name: FromPath[str],
        offset: Count = 0,
        limit: Count = GROUP_LIMIT,
    ) -> GroupPage[AccessGroup]:
        """List the groups that a user is in, by name."""
        return await readers.run(access_groups.list_user_groups, user_name, offset, limit)

    @get("/access_check/{workflow_id:int}/{user_name:str}", operation_id="check_workflow_access")
    async def check_workflow_access(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        user_name: FromPath[str],
    ) -> AccessCheck:
        """Check whether a user owns a workflow or is in a group that it is shared with."""
        return await readers.run(shared_workflows.check_access, workflow_id, user_name)


class AdminController(Controller):
    """Operations for the administrator of the server."""

    path = "/admin"
    tags = ("access control",)

    @post(
        "/reload-auth",
        status_code=200,
        operation_id="reload_auth",
        opt={NATURAL: "the file that it reads"},
    )
    async def reload_auth(self, users: NamedDependency[Users]) -> ReloadAuthReply:
        """Reload the file of users; after an error the previous users stay in force."""
        count = await asyncio.to_thread(users.load)
        return ReloadAuthReply(message=f"Loaded {count} users.", user_count=count)
