"""Access groups over HTTP: groups, members, shared workflows, and who may see them."""

from __future__ import annotations

import itertools
import re
import sqlite3
from urllib.parse import quote

import pytest

NUMBERS = itertools.count()


@pytest.fixture
def name() -> str:
    """Return a name that no other test of this server uses."""
    return f"team {next(NUMBERS)}"


@pytest.fixture
def group_id(call, name) -> int:
    return call("POST", "/access_groups", {"name": name}).body["id"]


def add(call, group_id, user, /, **values):
    member = {"user_name": user, "group_id": group_id} | values
    return call("POST", f"/access_groups/{group_id}/members", member)


def has_access(call, workflow_id, user) -> bool:
    reply = call("GET", f"/access_check/{workflow_id}/{quote(user, safe='')}")
    assert reply.status == 200
    assert reply.body.pop("reason")
    answer = reply.body.pop("has_access")
    assert reply.body == {"user_name": user, "workflow_id": workflow_id}
    return answer


def test_a_group_is_kept_with_its_moment(call, name):
    made = call("POST", "/access_groups", {"name": name, "description": "they", "id": 7})

    assert made.status == 200
    assert made.body["description"] == "they"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", made.body["created_at"])
    assert call("GET", f"/access_groups/{made.body['id']}").body == made.body


@pytest.mark.parametrize("taken", [None, "admin"], ids=["another's", "the server's"])
def test_a_name_belongs_to_one_group(call, name, taken):
    if taken is None:
        taken = name
        call("POST", "/access_groups", {"name": name})

    refused = call("POST", "/access_groups", {"name": taken})

    assert refused.status == 409
    assert refused.problem["error"] == "Conflict"
    assert refused.problem["code"] == "conflict"
    assert repr(taken) in refused.problem["message"]
    assert refused.problem["hint"]


def test_a_group_needs_a_name(call):
    assert call("POST", "/access_groups", {"name": " "}).status == 422


def test_pages_are_by_name_in_the_envelope_of_the_family(make_server, http_of):
    call = http_of(make_server())
    for letter in "cab":
        call("POST", "/access_groups", {"name": letter})

    first = call("GET", "/access_groups", limit=2).body
    last = call("GET", "/access_groups", limit=2, offset=2).body

    assert [group["name"] for group in first.pop("items")] == ["a", "b"]
    assert first == {"offset": 0, "limit": 2, "total_count": 3, "has_more": True}
    assert [group["name"] for group in last.pop("items")] == ["c"]
    assert last == {"offset": 2, "limit": 2, "total_count": 3, "has_more": False}
    assert call("GET", "/access_groups").body["limit"] == 100
    assert call("GET", "/access_groups", limit=20_000).body["limit"] == 10_000
    assert call("GET", "/access_groups", limit=0).body["has_more"] is False


def test_members_come_and_go(call, group_id):
    assert add(call, group_id, "bob", role="admin").body["role"] == "admin"
    alice = add(call, group_id, "alice", group_id=group_id + 1).body

    members = call("GET", f"/access_groups/{group_id}/members").body
    assert [member["user_name"] for member in members["items"]] == ["alice", "bob"]
    assert members["items"][0] == alice
    assert (alice["group_id"], alice["role"]) == (group_id, "member")
    removed = call("DELETE", f"/access_groups/{group_id}/members/alice")
    assert (removed.status, removed.body) == (200, alice)
    again = call("DELETE", f"/access_groups/{group_id}/members/alice")
    assert (again.status, again.problem["error"]) == (404, "NotFound")


def test_a_user_is_in_a_group_once(call, group_id):
    add(call, group_id, "alice")

    refused = add(call, group_id, "alice", role="admin")

    assert (refused.status, refused.problem["error"]) == (409, "Conflict")
    assert call("GET", f"/access_groups/{group_id}/members").body["total_count"] == 1


@pytest.mark.parametrize("user", ["", " a", "a/b", "a:b", "#a", "a\nb", "..", "x" * 256])
def test_what_cannot_be_a_user_is_refused(call, group_id, user):
    assert add(call, group_id, user).status == 422
    assert call("GET", f"/access_groups/{group_id}/members").body["items"] == []


def test_an_unknown_role_is_refused(call, group_id):
    refused = add(call, group_id, "alice", role="owner")

    assert refused.status == 422
    assert refused.problem["value"] == "owner"


@pytest.mark.parametrize("user", ["a%b", "a%2Fb", "a b", "é@example.org", "a?b#c", "a+b", "a.b"])
def test_a_user_is_the_same_in_bodies_and_in_paths(call, group_id, name, user):
    added = add(call, group_id, user).body
    part = quote(user, safe="")

    assert added["user_name"] == user
    groups = call("GET", f"/users/{part}/groups").body
    assert name in [group["name"] for group in groups["items"]]
    assert call("DELETE", f"/access_groups/{group_id}/members/{part}").body == added


@pytest.mark.parametrize("path", ["/access_check/1/a%2Fb", "/users/a%2Fb/groups"])
def test_a_path_in_the_place_of_a_user_is_refused(call, path):
    refused = call("GET", path)

    assert refused.status == 404
    assert refused.problem["code"] == "not_found"


def test_an_unknown_user_is_in_no_group(call):
    reply = call("GET", "/users/nobody-at-all/groups")

    assert (reply.status, reply.body["items"], reply.body["total_count"]) == (200, [], 0)


@pytest.mark.parametrize("form", ["path", "body"])
def test_owners_and_members_of_linked_groups_have_access(call, workflow_id, group_id, name, form):
    add(call, group_id, "alice")
    assert has_access(call, workflow_id, "u")
    assert not has_access(call, workflow_id, "alice")

    if form == "path":
        link = call("POST", f"/workflows/{workflow_id}/access_groups/{group_id}")
    else:
        body = {"workflow_id": workflow_id, "group_id": group_id}
        link = call("POST", f"/workflows/{workflow_id}/access_groups", body)

    assert link.status == 200
    assert link.body.pop("created_at")
    assert link.body == {"workflow_id": workflow_id, "group_id": group_id}
    assert has_access(call, workflow_id, "alice")
    assert not has_access(call, workflow_id, "mallory")
    groups = call("GET", f"/workflows/{workflow_id}/access_groups").body
    assert [group["name"] for group in groups["items"]] == [name]

    assert call("DELETE", f"/workflows/{workflow_id}/access_groups/{group_id}").status == 200
    assert not has_access(call, workflow_id, "alice")
    assert call("DELETE", f"/workflows/{workflow_id}/access_groups/{group_id}").status == 404


def test_a_workflow_is_shared_with_a_group_once(call, workflow_id, group_id):
    path = f"/workflows/{workflow_id}/access_groups/{group_id}"
    call("POST", path)

    refused = call("POST", path)

    assert (refused.status, refused.problem["error"]) == (409, "Conflict")


def test_a_deleted_group_takes_memberships_and_links_with_it(call, workflow_id, group_id):
    add(call, group_id, "carol")
    call("POST", f"/workflows/{workflow_id}/access_groups/{group_id}")

    assert call("DELETE", f"/access_groups/{group_id}").body["id"] == group_id

    assert call("GET", f"/access_groups/{group_id}").status == 404
    assert call("GET", "/users/carol/groups").body["items"] == []
    assert call("GET", f"/workflows/{workflow_id}/access_groups").body["items"] == []
    assert not has_access(call, workflow_id, "carol")


def test_a_deleted_workflow_leaves_its_groups(call, workflow_id, group_id):
    call("POST", f"/workflows/{workflow_id}/access_groups/{group_id}")

    assert call("DELETE", f"/workflows/{workflow_id}").status == 200

    assert call("GET", f"/access_groups/{group_id}").status == 200
    assert call("GET", f"/access_check/{workflow_id}/u").status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/access_groups/{none}"),
        ("DELETE", "/access_groups/{none}"),
        ("GET", "/access_groups/{none}/members"),
        ("DELETE", "/access_groups/{none}/members/alice"),
        ("GET", "/workflows/{none}/access_groups"),
        ("POST", "/workflows/{none}/access_groups/{group}"),
        ("POST", "/workflows/{workflow}/access_groups/{none}"),
        ("DELETE", "/workflows/{workflow}/access_groups/{group}"),
        ("GET", "/access_check/{none}/alice"),
    ],
)
def test_what_is_not_there_is_not_found(call, workflow_id, group_id, method, path):
    reply = call(method, path.format(none=10**9, workflow=workflow_id, group=group_id))

    assert reply.status == 404
    assert reply.problem["code"] == "not_found"


def test_the_group_of_the_server_cannot_be_changed(make_server, http_of):
    server = make_server()
    call = http_of(server)
    with sqlite3.connect(server.database) as database:
        database.execute("INSERT INTO access_group VALUES (1, 'admin', NULL, '', 1)")
        database.execute("INSERT INTO user_group_membership VALUES (1, 'root', 1, 'admin', '')")
    database.close()

    refused = [
        call("DELETE", "/access_groups/1"),
        add(call, 1, "mallory"),
        call("DELETE", "/access_groups/1/members/root"),
    ]

    assert [reply.status for reply in refused] == [403, 403, 403]
    assert {reply.problem["error"] for reply in refused} == {"Forbidden"}
    assert call("GET", "/access_groups/1/members").body["total_count"] == 1


def test_a_workflow_is_created_with_its_groups(call, name):
    names = [f"{name} b", f"{name} a"]
    for each in names:
        call("POST", "/access_groups", {"name": each})
    shared = {"name": "w", "user": "u", "project": name, "access_groups": [*names, names[0]]}

    created = call("POST", "/workflows", shared).body

    assert created["access_groups"] == sorted(names)
    assert call("GET", f"/workflows/{created['id']}").body == created
    assert created in call("GET", "/workflows", sort_by="id", reverse_sort="true").body["items"]


def test_a_group_that_is_not_there_fails_the_whole_creation(call, name, group_id):
    shared = {"name": name, "user": "u", "access_groups": [name, "no such group"]}

    refused = call("POST", "/workflows", shared)

    assert refused.status == 422
    assert refused.problem["value"] == "no such group"
    assert call("GET", "/workflows", name=name).body["items"] == []
