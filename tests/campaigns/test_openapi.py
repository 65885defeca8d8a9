"""A few requests of the campaign, the same ones each time; and that it sees what it looks for."""

from __future__ import annotations

import pytest
from campaigns.openapi import Explorer, Findings


@pytest.fixture
def url(make_server):
    return f"http://127.0.0.1:{make_server().port}"


def test_some_requests_of_every_operation_are_answered_as_documented(url):
    explorer = Explorer(url, 0, size=2)
    total = Findings()

    explorer.explore(2 * len(explorer.operations), total.add)

    assert total.failures == {}
    assert total.statuses.keys() >= {200, 400, 404, 422}


class Misled(Explorer):
    """Reads a document that says something else than the server does."""

    def ask(self, method, path, body=None):
        answer = super().ask(method, path, body)
        if path == "/openapi.json":
            paths, schemas = answer["paths"], answer["components"]["schemas"]
            schemas["Version"]["properties"]["version"] = {"type": "integer"}
            del paths["/workflows/{workflow_id}"]["get"]["responses"]["404"]
            paths["/workflows"]["get"]["parameters"].append(
                {"name": "colour", "in": "query", "required": True, "schema": {"type": "integer"}}
            )
        return answer


def test_what_the_document_does_not_say_is_found(url):
    explorer = Misled(url, 0, size=150)  # one request in four is invalid, and few in this one way
    wanted = {"GET /version", "GET /workflows/{workflow_id}", "GET /workflows"}
    explorer.operations = [one for one in explorer.operations if one.label in wanted]
    total = Findings()

    explorer.explore(150 * len(wanted), total.add)

    assert {kind.partition(": ")[0] for kind in total.failures} == wanted
