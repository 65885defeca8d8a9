"""Whatever a list is filtered by: both kinds of databases find the same, and none fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from nodes import NODE

from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.settings import ServerSettings

DOCUMENT = json.loads(
    describe(create_app(ServerSettings(database=Path("unused"))), VERSION.api_version)
)
LISTS = [
    (path, operation["parameters"])
    for path, operations in sorted(DOCUMENT["paths"].items())
    if not path.endswith("/stream")  # never ends
    for method, operation in operations.items()
    if method == "get" and any(each["in"] == "query" for each in operation.get("parameters", ()))
]
ODD = ("", "1", "-1", "1.5", "true", "x", "a'%", "\u00e9\U0001f980", "{}", "9223372036854775808")
ODD_SCHEDULERS = (
    *(None, "x", 7, 1.5, True, [], [1], {}),
    *({"scheduler_id": odd} for odd in (None, "", "x", "7", 7, 1.5, 2**70, [7], {"a": 7})),
)
ODD_EVENTS = ({}, [], "x", None, 7, {"category": None}, {"category": 7}, {"category": ["x"]})


def fill(call):
    """Make a workflow with records whose JSON is not as torc writes it."""
    workflow_id = call.make_workflow()
    own = {"workflow_id": workflow_id}
    call("POST", "/jobs", own | {"name": "j", "command": "c"})
    call("POST", "/files", own | {"name": "f", "path": "/f"})
    for number, data in enumerate(ODD_EVENTS):
        call("POST", "/events", own | {"data": data, "event_type": "x"})
        call("POST", "/user_data", own | {"name": f"d{number}", "data": data})
    for scheduler in ODD_SCHEDULERS:
        node = NODE | {**own, "compute_node_type": "slurm", "scheduler": scheduler}
        call("POST", "/compute_nodes", node)
    return workflow_id


def queries(parameters, workflow_id):
    """Yield queries in which one parameter is odd."""
    named = {each["name"]: each for each in parameters if each["in"] == "query"}
    required = {name: workflow_id for name, each in named.items() if each.get("required")}
    for name in named:
        for odd in ODD:
            yield required | {name: odd}


def found(reply):
    """Return what does not depend on the time of the request."""
    is_list = isinstance(reply.body, dict) and isinstance(reply.body.get("items"), list)
    items = reply.body["items"] if is_list else []
    return reply.status, [each.get("id") for each in items if isinstance(each, dict)]


@pytest.fixture
def calls(make_server, postgres, http_of):
    return [http_of(make_server()), http_of(make_server(address=postgres.create()))]


def test_every_filter_of_every_list_finds_the_same_on_both_databases(calls):
    [workflow_id] = {fill(call) for call in calls}
    different, failed = [], []
    for template, parameters in LISTS:
        path = re.sub(r"\{\w+\}", str(workflow_id), template)
        for query in queries(parameters, workflow_id):
            on_sqlite, on_postgres = (call("GET", path, **query) for call in calls)
            if max(on_sqlite.status, on_postgres.status) >= 500:
                failed.append((path, query, on_sqlite.status, on_postgres.status))
            elif found(on_sqlite) != found(on_postgres):
                different.append((path, query, found(on_sqlite), found(on_postgres)))

    assert not failed
    assert not different
