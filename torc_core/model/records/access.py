"""Access groups: users in groups, and the workflows that are shared with them."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from torc_core.model.ids import GroupId, WorkflowId
from torc_core.model.wire import Wire, stated

T = TypeVar("T")

GROUP_LIMIT = 100
"""The limit of these lists when the request has none."""
ROLES = ("member", "admin")
"""An `admin` of a group manages its members."""
ADMIN_GROUP = "admin"
"""The name of the system group, whose members only the server sets."""


class AccessGroup(Wire, frozen=True, kw_only=True):
    """A named group of users."""

    id: GroupId | None = None
    name: str
    """Unique."""
    description: str | None = None
    created_at: str | None = None
    """UTC, as `YYYY-MM-DD HH:MM:SS`, set by the server."""


class UserGroupMembership(Wire, frozen=True, kw_only=True):
    """A user in a group."""

    id: int | None = None
    user_name: str
    group_id: GroupId
    role: str = stated("member")
    """One of `ROLES`."""
    created_at: str | None = None


class WorkflowAccessGroup(Wire, frozen=True, kw_only=True):
    """A workflow that is shared with a group."""

    workflow_id: WorkflowId
    group_id: GroupId
    created_at: str | None = None


class AccessCheck(Wire, frozen=True, kw_only=True):
    """Whether a user has access to a workflow, with the reason in words."""

    has_access: bool
    reason: str
    user_name: str
    workflow_id: WorkflowId


class GroupPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Part of a list, in the envelope that the reference uses for access groups only."""

    items: list[T]
    offset: int
    limit: int
    """The limit that was applied."""
    total_count: int
    has_more: bool


class ReloadAuthReply(Wire, frozen=True, kw_only=True):
    """How many users were loaded."""

    message: str
    user_count: int
