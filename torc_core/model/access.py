"""Access groups: users in groups, and the workflows that are shared with them."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from torc_core.model.wire import Wire, stated

T = TypeVar("T")

GROUP_LIMIT = 100
"""How many items a page of this family holds when the request states no limit."""
ROLES = ("member", "admin")
"""An `admin` of a group looks after its members."""
ADMIN_GROUP = "admin"
"""The name of the system group, which the server alone fills."""


class AccessGroup(Wire, frozen=True, kw_only=True):
    """A named group of users."""

    id: int | None = None
    name: str
    """No two groups have the same."""
    description: str | None = None
    created_at: str | None = None
    """UTC, as `YYYY-MM-DD HH:MM:SS`, set by the server."""


class UserGroupMembership(Wire, frozen=True, kw_only=True):
    """A user in a group."""

    id: int | None = None
    user_name: str
    group_id: int
    role: str = stated("member")
    """One of `ROLES`."""
    created_at: str | None = None


class WorkflowAccessGroup(Wire, frozen=True, kw_only=True):
    """A workflow that is shared with a group."""

    workflow_id: int
    group_id: int
    created_at: str | None = None


class AccessCheck(Wire, frozen=True, kw_only=True):
    """Whether a user may see a workflow, and why, for people."""

    has_access: bool
    reason: str
    user_name: str
    workflow_id: int


class GroupPage(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some items of a list: the envelope that the reference uses for this family alone."""

    items: list[T]
    offset: int
    limit: int
    """The limit in force, whatever the request stated."""
    total_count: int
    has_more: bool


class ReloadAuthReply(Wire, frozen=True, kw_only=True):
    """How many users the server knows now."""

    message: str
    user_count: int
