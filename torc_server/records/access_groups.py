"""Access groups and their members: the data alone, without checks of who may change it.

Errors here have a member `error` with their kind beside the message, like the reference's.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Insert, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from torc_core.errors import AccessError, ConflictError, NotFoundError, UsageError
from torc_core.model.ids import GroupId
from torc_core.model.page import MAX_LIMIT
from torc_core.model.records.access import (
    ADMIN_GROUP,
    ROLES,
    AccessGroup,
    GroupPage,
    UserGroupMembership,
)
from torc_server.access.credentials import check_user
from torc_server.rules.sharing import created_at
from torc_server.storage import tables
from torc_server.storage.mapping import TableMapping, WireT

GROUP = TableMapping(wire=AccessGroup, table=tables.access_group)
MEMBERSHIP = TableMapping(wire=UserGroupMembership, table=tables.user_group_membership)

_group = tables.access_group.c
_member = tables.user_group_membership.c


def create_group(connection: Connection, group: AccessGroup, *, now_ms: int) -> AccessGroup:
    """Create a group and return it.

    Raises:
        ConflictError: The name is taken or reserved.
        UsageError: The name is blank.
    """
    name = group.name
    if not name.strip():
        raise UsageError("A group needs a name.", field="name", value=name)
    taken = f"There is already an access group {name!r}."
    if name == ADMIN_GROUP:
        raise ConflictError(taken, hint="This name is reserved for the server.", error="Conflict")
    statement = insert(tables.access_group).values(
        name=name, description=group.description, is_system=False, created_at=created_at(now_ms)
    )
    insert_once(connection, statement, taken, hint="Use that one, or choose another name.")
    return find_one(connection, GROUP, "access group", name, _group.name == name)


def get_group(connection: Connection, group_id: GroupId) -> AccessGroup:
    """Return a group.

    Raises:
        NotFoundError: There is none with that id.
    """
    return find_one(connection, GROUP, "access group", group_id, _group.id == group_id)


def list_groups(
    connection: Connection, offset: int, limit: int, *conditions: ColumnElement[bool]
) -> GroupPage[AccessGroup]:
    """Return a page of the groups that meet all conditions, by name."""
    return _page(connection, GROUP, conditions, _group.name, offset, limit)


def list_user_groups(
    connection: Connection, user_name: str, offset: int, limit: int
) -> GroupPage[AccessGroup]:
    """Return a page of the groups that a user is in, by name; an unknown user is in none."""
    joined = select(_member.group_id).where(_member.user_name == user_name)
    return list_groups(connection, offset, limit, _group.id.in_(joined))


def delete_group(connection: Connection, group_id: GroupId) -> AccessGroup:
    """Delete a group with its memberships and links, and return it.

    Raises:
        NotFoundError: There is none with that id.
        AccessError: It is a system group.
    """
    group = _changeable(connection, group_id)
    connection.execute(delete(tables.access_group).where(_group.id == group_id))
    return group


def add_member(
    connection: Connection, group_id: GroupId, member: UserGroupMembership, *, now_ms: int
) -> UserGroupMembership:
    """Add a user to a group, regardless of the one that the membership names, and return it.

    Raises:
        NotFoundError: There is no such group.
        AccessError: It is a system group.
        ConflictError: The user is already a member.
        UsageError: The user name or the role is invalid.
    """
    group = _changeable(connection, group_id)
    check_user(member.user_name)
    if member.role not in ROLES:
        raise UsageError(
            f"Unknown role {member.role!r}.",
            hint=f"Use one of {', '.join(ROLES)}.",
            field="role",
            value=member.role,
        )
    statement = insert(tables.user_group_membership).values(
        user_name=member.user_name,
        group_id=group_id,
        role=member.role,
        created_at=created_at(now_ms),
    )
    duplicate = f"{member.user_name!r} is already in {group.name!r}."
    insert_once(connection, statement, duplicate, hint="To change the role, remove the user first.")
    return _get_member(connection, group_id, member.user_name)


def list_members(
    connection: Connection, group_id: GroupId, offset: int, limit: int
) -> GroupPage[UserGroupMembership]:
    """Return a page of the members of a group, by name.

    Raises:
        NotFoundError: There is no such group.
    """
    get_group(connection, group_id)
    in_it = [_member.group_id == group_id]
    return _page(connection, MEMBERSHIP, in_it, _member.user_name, offset, limit)


def remove_member(connection: Connection, group_id: GroupId, user_name: str) -> UserGroupMembership:
    """Remove a user from a group and return the membership.

    Raises:
        NotFoundError: There is no such group, or the user is not in it.
        AccessError: It is a system group.
    """
    _changeable(connection, group_id)
    member = _get_member(connection, group_id, user_name)
    connection.execute(delete(tables.user_group_membership).where(_member.id == member.id))
    return member


def find_one(
    connection: Connection,
    mapping: TableMapping[WireT],
    kind: str,
    key: object,
    *conditions: ColumnElement[bool],
) -> WireT:
    """Return what meets all conditions.

    Raises:
        NotFoundError: There is none; `kind` and `key` name it.
    """
    row = connection.execute(mapping.rows.where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError.of(kind, key, error="NotFound")
    return mapping.read(row)


def insert_once(connection: Connection, statement: Insert, already: str, *, hint: str = "") -> None:
    """Insert a row that can only conflict with an equal one.

    Raises:
        ConflictError: There is an equal one; the message is `already`.
    """
    try:
        connection.execute(statement)
    except IntegrityError as error:
        raise ConflictError(already, hint=hint, error="Conflict") from error


def _get_member(connection: Connection, group_id: GroupId, user_name: str) -> UserGroupMembership:
    is_it = (_member.group_id == group_id, _member.user_name == user_name)
    return find_one(connection, MEMBERSHIP, f"member of group {group_id}:", user_name, *is_it)


def _changeable(connection: Connection, group_id: GroupId) -> AccessGroup:
    """Return a group, if it may be changed over HTTP."""
    group = get_group(connection, group_id)
    system = select(_group.is_system).where(_group.id == group_id)
    if connection.execute(system).scalar_one():
        raise AccessError(
            f"The group {group.name!r} is a system group.",
            hint="System groups are configured when the server starts.",
            error="Forbidden",
        )
    return group


def _page(
    connection: Connection,
    mapping: TableMapping[WireT],
    conditions: Sequence[ColumnElement[bool]],
    order: ColumnElement[str],
    offset: int,
    limit: int,
) -> GroupPage[WireT]:
    limit = min(limit, MAX_LIMIT)
    query = mapping.rows.where(*conditions).order_by(order).offset(offset).limit(limit)
    items = [mapping.read(row) for row in connection.execute(query)]
    count = select(func.count()).select_from(mapping.table).where(*conditions)
    total = connection.execute(count).scalar_one()
    return GroupPage(
        items=items,
        offset=offset,
        limit=limit,
        total_count=total,
        has_more=bool(items) and offset + len(items) < total,
    )
