"""Access groups, their members, and the workflows that they share."""

from __future__ import annotations

from typing import Any

from cases.world import World, case, refused


def _group(world: World, what: str = "group") -> Any:
    model = world.models.AccessGroupModel(name=f"{what} {world.mark}", description="d")
    return world.api.create_access_group(model)


def _member(world: World, group: Any, user: str) -> Any:
    model = world.models.UserGroupMembershipModel(user_name=user, group_id=group.id, role="member")
    return world.api.add_user_to_group(group.id, model)


@case
def create_access_group(world: World) -> None:
    group = _group(world)
    assert (group.name, group.description) == (f"group {world.mark}", "d")
    assert group.id > 0
    assert group.created_at
    assert refused(lambda: _group(world)).status == 409


@case
def get_access_group(world: World) -> None:
    group = _group(world)
    assert world.api.get_access_group(group.id) == group
    assert refused(lambda: world.api.get_access_group(10**9)).status == 404


@case
def list_access_groups(world: World) -> None:
    group = _group(world)
    page = world.api.list_access_groups()
    assert group in page.items
    assert page.total_count == len(page.items)
    assert page.has_more is False
    one = world.api.list_access_groups(offset=0, limit=1)
    assert (len(one.items), one.offset, one.limit) == (1, 0, 1)


@case
def delete_access_group(world: World) -> None:
    group = _group(world)
    assert world.api.delete_access_group(group.id).id == group.id
    assert refused(lambda: world.api.get_access_group(group.id)).status == 404


@case
def add_user_to_group(world: World) -> None:
    group = _group(world)
    made = _member(world, group, "ann")
    assert (made.user_name, made.group_id, made.role) == ("ann", group.id, "member")
    assert refused(lambda: _member(world, group, "ann")).status == 409


@case
def list_group_members(world: World) -> None:
    group = _group(world)
    for user in ("ann", "bob"):
        _member(world, group, user)
    page = world.api.list_group_members(group.id, offset=0, limit=10)
    assert {one.user_name for one in page.items} == {"ann", "bob"}
    assert page.total_count == 2


@case
def list_user_groups(world: World) -> None:
    group, user = _group(world), f"user{world.mark}"
    _member(world, group, user)
    page = world.api.list_user_groups(user, offset=0, limit=10)
    assert [one.id for one in page.items] == [group.id]


@case
def list_workflow_groups(world: World) -> None:
    group = _group(world)
    world.share(group)
    assert [one.id for one in world.api.list_workflow_groups(world.id).items] == [group.id]


@case
def add_workflow_to_group(world: World) -> None:
    group = _group(world)
    made = world.share(group)
    assert (made.workflow_id, made.group_id) == (world.id, group.id)


@case
def remove_workflow_from_group(world: World) -> None:
    group = _group(world)
    world.share(group)
    assert world.api.remove_workflow_from_group(world.id, group.id) is not None
    assert world.api.list_workflow_groups(world.id).items == []


@case
def remove_user_from_group(world: World) -> None:
    group = _group(world)
    _member(world, group, "ann")
    assert world.api.remove_user_from_group(group.id, "ann") is not None
    assert world.api.list_group_members(group.id).items == []


@case
def check_workflow_access(world: World) -> None:
    group, user = _group(world), f"friend{world.mark}"
    _member(world, group, user)
    world.share(group)
    for name in (user, world.workflow.user):
        answer = world.api.check_workflow_access(world.id, name)
        assert (answer.has_access, answer.user_name) == (True, name)
        assert answer.workflow_id == world.id
