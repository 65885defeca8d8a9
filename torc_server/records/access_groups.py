"""Access groups and their members. This is the data alone: who may change it is decided elsewhere.

Errors of this family name their kind in a member `error` beside the message, as the reference's do.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Insert, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from torc_core.errors import AccessError, ConflictError, NotFoundError, UsageError
from torc_core.model.access import ADMIN_GROUP, ROLES, AccessGroup, GroupPage, UserGroupMembership
from torc_core.model.page import MAX_LIMIT
from torc_server.access.credentials import check_user
from torc_server.rules.sharing import created_at
from torc_server.storage import tables
from torc_server.storage.mapping import TableMapping, WireT

GROUP = TableMapping(wire=AccessGroup, table=tables.access_group)
MEMBERSHIP = TableMapping(wire=UserGroupMembership, table=tables.user_group_membership)

_group = tables.access_group.c
_member = tables.user_group_membership.c


def create_group(connection: Connection, group: AccessGroup, *, now_ms: int) -> AccessGroup:
    """Keep a new group and return it.

    Raises:
        ConflictError: There is one of that name, or the name is the server's own.
        UsageError: The name is blank.
    """
    name = group.name
    if not name.strip():
        raise UsageError("A group needs a name.", field="name", value=name)
    taken = f"There is an access group {name!r} already."
    if name == ADMIN_GROUP:
        raise ConflictError(taken, hint="That one is the server's own.", error="Conflict")
    statement = insert(tables.access_group).values(
        name=name, description=group.description, is_system=False, created_at=created_at(now_ms)
    )
    insert_once(connection, statement, taken, hint="Use that one, or choose another name.")
    return find_one(connection, GROUP, "access group", name, _group.name == name)


def get_group(connection: Connection, group_id: int) -> AccessGroup:
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


def delete_group(connection: Connection, group_id: int) -> AccessGroup:
    """Delete a group with its memberships and links, and return what it was.

    Raises:
        NotFoundError: There is none with that id.
        AccessError: It is the server's own.
    """
    group = _changeable(connection, group_id)
    connection.execute(delete(tables.access_group).where(_group.id == group_id))
    return group


def add_member(
    connection: Connection, group_id: int, member: UserGroupMembership, *, now_ms: int
) -> UserGroupMembership:
    """Put a user into a group, whatever group the membership names, and return the membership.

    Raises:
        NotFoundError: There is no such group.
        AccessError: The group is the server's own.
        ConflictError: The user is in it already.
        UsageError: That cannot be a user, or there is no such role.
    """
    group = _changeable(connection, group_id)
    check_user(member.user_name)
    if member.role not in ROLES:
        raise UsageError(
            f"There is no role {member.role!r}.",
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
    twice = f"{member.user_name!r} is in {group.name!r} already."
    insert_once(connection, statement, twice, hint="To change the role, remove the user first.")
    return _get_member(connection, group_id, member.user_name)


def list_members(
    connection: Connection, group_id: int, offset: int, limit: int
) -> GroupPage[UserGroupMembership]:
    """Return a page of the members of a group, by name.

    Raises:
        NotFoundError: There is no such group.
    """
    get_group(connection, group_id)
    in_it = [_member.group_id == group_id]
    return _page(connection, MEMBERSHIP, in_it, _member.user_name, offset, limit)


def remove_member(connection: Connection, group_id: int, user_name: str) -> UserGroupMembership:
    """Take a user from a group and return what the membership was.

    Raises:
        NotFoundError: There is no such group, or the user is not in it.
        AccessError: The group is the server's own.
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
        NotFoundError: Nothing does; `kind` and `key` say what was looked for.
    """
    row = connection.execute(mapping.rows.where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError.of(kind, key, error="NotFound")
    return mapping.read(row)


def insert_once(connection: Connection, statement: Insert, already: str, *, hint: str = "") -> None:
    """Insert a row that nothing but an equal one can stand in the way of.

    Raises:
        ConflictError: There is an equal one; the message is `already`.
    """
    try:
        connection.execute(statement)
    except IntegrityError as error:
        raise ConflictError(already, hint=hint, error="Conflict") from error


def _get_member(connection: Connection, group_id: int, user_name: str) -> UserGroupMembership:
    is_it = (_member.group_id == group_id, _member.user_name == user_name)
    return find_one(connection, MEMBERSHIP, f"member of group {group_id}:", user_name, *is_it)


def _changeable(connection: Connection, group_id: int) -> AccessGroup:
    """Return a group that may be changed over HTTP."""
    group = get_group(connection, group_id)
    system = select(_group.is_system).where(_group.id == group_id)
    if connection.execute(system).scalar_one():
        raise AccessError(
            f"The group {group.name!r} is the server's own.",
            hint="It is set up where the server is started.",
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
