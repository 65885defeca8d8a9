"""Whatever is sent to whichever route: no answer is the server's own failure."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nodes import NODE

from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.settings import ServerSettings

APP = create_app(ServerSettings(database=Path("unused")))
DOCUMENT = json.loads(describe(APP, VERSION.api_version))

OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if not path.endswith("/stream")  # never ends
    if operation["operationId"] != "delete_workflow"  # takes everything from the other requests
]

numbers = st.sampled_from([-1, 0, 1, 2, 3, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40])
words = st.one_of(
    st.sampled_from(["", "id", "true", "none", "failed", "ready", "default", "2g", "PT1M", "null"]),
    st.sampled_from(["'; DROP TABLE job; --", "%", "\0", "\x1b]52;c;x\x07", "é", "🦀", "\u202e"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers, st.floats(allow_nan=False, allow_infinity=False), words
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)


def bodies(operation):
    """Bodies that resemble what the operation wants, and some that resemble nothing."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    wanted = plausible(content.get("schema", {})).map(encoded)
    return mostly(wanted, values.map(encoded) | st.binary(max_size=20))


def mostly(sensible, hostile):
    return st.integers(0, 7).flatmap(lambda dice: hostile if dice == 0 else sensible)


def plausible(schema):
    """Return values mostly of the wanted kind, so that rules are reached and not only parsers."""
    schema = DOCUMENT["components"]["schemas"].get(
        schema.get("$ref", "").rpartition("/")[2], schema
    )
    if "anyOf" in schema:
        return st.one_of(*map(plausible, schema["anyOf"]))
    if "enum" in schema:
        return mostly(st.sampled_from(schema["enum"]), scalars)
    kinds = {
        "integer": lambda: mostly(st.integers(1, 3), numbers),
        "number": lambda: mostly(st.floats(0, 10), numbers),
        "string": lambda: mostly(st.sampled_from(["a", "2g", "PT1M", "failed", "[]"]), words),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(plausible(schema.get("items", {})), max_size=3),
        "object": lambda: objects(schema) if "properties" in schema else values,
    }
    return kinds.get(schema.get("type"), lambda: values)()


def objects(schema):
    fields = {name: plausible(one) for name, one in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", ()) if name in fields}
    return st.fixed_dictionaries(required, optional=fields)


def encoded(value) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@st.composite
def requests(draw):
    method, template, operation = draw(st.sampled_from(OPERATIONS))
    stated = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" or draw(st.booleans()) or parameter.get("required"):
            value = draw(plausible(parameter["schema"]))
            text = str(value).lower() if isinstance(value, bool) else str(value)
            stated[parameter["in"]][parameter["name"]] = text
    path = re.sub(r"\{(\w+)\}", lambda m: quote(stated["path"][m[1]], safe="") or "x", template)
    query = stated["query"]
    body = draw(bodies(operation)) if method in {"POST", "PUT"} else None
    return method, path, query, body


@pytest.fixture
def furnished(call):
    """Three workflows with a job and a node each, so that small ids mean something."""
    for _ in range(3):
        own = {"workflow_id": call.make_workflow()}
        call("POST", "/jobs", own | {"name": "j", "command": "c"})
        call("POST", "/files", own | {"name": "f", "path": "/f"})
        node = NODE | own
        call("POST", "/compute_nodes", node)
    return call


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request_=requests())
def test_no_request_makes_the_server_fail(furnished, request_):
    method, path, query, body = request_

    reply = furnished(method, path, body, **query)

    assert reply.status < 500, reply.text
    if reply.status >= 400:
        assert reply.problem["message"]
