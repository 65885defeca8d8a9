"""Access groups: who may see which workflow."""

from __future__ import annotations

from sqlalchemy import Column, Index
from sqlmodel import Field

from torc_core.model.ids import GroupId, WorkflowId
from torc_server.storage.tables.columns import NUMBERED, TEXT, Row, key, reference, text


class AccessGroupRow(Row, table=True):
    """A named group of users."""

    __tablename__ = "access_group"
    __table_args__ = NUMBERED

    id: GroupId = key()
    name: str = Field(sa_column=Column(TEXT, nullable=False, unique=True))
    description: str | None = text(nullable=True)
    created_at: str = text()
    is_system: bool = False


class UserGroupMembershipRow(Row, table=True):
    """A user in a group."""

    __tablename__ = "user_group_membership"
    __table_args__ = (Index("ux_membership", "user_name", "group_id", unique=True), NUMBERED)

    id: int = key()
    user_name: str = text()
    group_id: GroupId = reference("access_group.id", index=True)
    role: str = text(default="member")
    created_at: str = text()


class WorkflowAccessGroupRow(Row, table=True):
    """A group that may see a workflow."""

    __tablename__ = "workflow_access_group"

    workflow_id: WorkflowId = reference("workflow.id", primary_key=True)
    group_id: GroupId = reference("access_group.id", primary_key=True, index=True)
    created_at: str = text()
