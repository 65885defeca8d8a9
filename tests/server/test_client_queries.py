"""Queries as the clients write them: an empty value is one that was not given."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import pytest

from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.settings import ServerSettings

BASE = "/torc-service/v1"
PUBLISHED = Path(__file__).parents[1] / "data" / "reference_parameters.json"
"""Operation id, name, type and necessity of each query parameter that the reference publishes."""


class ClientForm(NamedTuple):
    """How a client writes its requests."""

    headers: dict[str, str]
    quote: Callable[[str], str]


JSON = "application/json"
CLIENTS = {
    "rust": ClientForm(
        {"User-Agent": "OpenAPI-Generator/v0.7.0/rust", "Accept": "*/*"},
        lambda text: quote_plus(text, safe="*-._"),
    ),
    "python 0.12.3": ClientForm(
        {"User-Agent": "OpenAPI-Generator/0.7.0/python", "Accept": JSON, "Content-Type": JSON},
        quote,
    ),
    "python 0.35.0": ClientForm(
        {"User-Agent": "OpenAPI-Generator/0.21.0/python", "Accept": JSON, "Content-Type": JSON},
        quote,
    ),
    "julia": ClientForm(
        {"User-Agent": "HTTP.jl/1.10.0", "Accept": JSON}, lambda text: quote(text, safe="")
    ),
}

GIVEN = {
    "async": "false",
    "contains": "name",
    "excludes": "name",
    "sort_by": "workflow_id",
    "trigger_type": "on_jobs_ready",
}
"""Values of parameters that cannot be any; of the others any of their type is taken."""
GIVEN_TO = {
    ("claim_jobs_based_on_resources", "sort_method"): "none",
    ("list_compute_nodes", "contains"): "hostname",
    ("list_compute_nodes", "excludes"): "hostname",
    ("list_events", "contains"): "category",
    ("list_events", "excludes"): "category",
    ("list_jobs", "status"): "ready",
    ("list_local_schedulers", "contains"): "memory",
    ("list_local_schedulers", "excludes"): "memory",
    ("list_results", "excludes"): "status",
    ("list_results", "status"): "completed",
    ("list_scheduled_compute_nodes", "contains"): "status",
    ("list_scheduled_compute_nodes", "excludes"): "status",
    ("list_slurm_stats", "excludes"): "job_id",
    ("list_workflows", "sort_by"): "name",
}
BY_TYPE = {"integer": "1", "boolean": "true", "string": "a b/ü&+%", "array": "a"}
BODIES = {
    "create_user_data": {"name": "more"},
    "claim_jobs_based_on_resources": {
        "num_cpus": 1,
        "memory_gb": 1,
        "num_gpus": 0,
        "num_nodes": 1,
    },
}


def served() -> dict[str, tuple[str, str, list[dict[str, Any]]]]:
    """Return method, path and query parameters of each operation that has any."""
    document = json.loads(
        describe(create_app(ServerSettings(database=Path("unused"))), VERSION.api_version)
    )
    return {
        operation["operationId"]: (method.upper(), path, queries)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if (queries := [p for p in operation.get("parameters", ()) if p["in"] == "query"])
    }


OPERATIONS = served()
SELECTIVE = sorted(
    operation
    for operation, (_, _, queries) in OPERATIONS.items()
    if not all(query["required"] for query in queries)
)
"""The operations with optional parameters."""


class Speaker:
    """One connection, and requests as one client writes them."""

    def __init__(self, port: int, form: ClientForm, paths: dict[str, int | str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
        self.form = form
        self.paths = paths

    def ask(self, operation: str, values: dict[str, str]) -> tuple[int, Any]:
        """Return the status, and the body without what is new each time."""
        method, path, _ = OPERATIONS[operation]
        query = "&".join(f"{name}={self.form.quote(value)}" for name, value in values.items())
        body = BODIES.get(operation)
        text = json.dumps(body | {"workflow_id": self.paths["workflow_id"]}) if body else None
        target = BASE + path.format(**self.paths) + (f"?{query}" if query else "")
        self.connection.request(method, target, text, self.form.headers)
        reply = self.connection.getresponse()
        if operation == "stream_events":
            self.connection.close()  # it would never end
            return reply.status, None
        content = json.loads(reply.read() or "null")
        for new in ("id", "run_id") if isinstance(content, dict) else ():
            content.pop(new, None)
        return reply.status, content


@pytest.fixture
def paths(server) -> dict[str, int | str]:
    """A workflow with a job that waits for none, and what stands in paths."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)

    def create(path: str, body: dict[str, Any]) -> int:
        connection.request("POST", BASE + path, json.dumps(body))
        return json.loads(connection.getresponse().read())["id"]

    workflow_id = create("/workflows", {"name": "w", "user": "u"})
    job_id = create("/jobs", {"workflow_id": workflow_id, "name": "j", "command": "true"})
    group_id = create("/access_groups", {"name": f"group of {workflow_id}"})
    connection.close()
    return {
        "workflow_id": workflow_id,
        "job_id": job_id,
        "group_id": group_id,
        "user_name": "u",
        "run_id": 0,
        "limit": 0,
    }


@pytest.fixture(params=CLIENTS)
def speaker(request, server, paths):
    speaking = Speaker(server.port, CLIENTS[request.param], paths)
    yield speaking
    speaking.connection.close()


def test_every_parameter_of_the_reference_is_served():
    names = {
        (operation, parameter["name"], parameter["required"])
        for operation, (_, _, queries) in OPERATIONS.items()
        for parameter in queries
    }
    published = {(operation, name, required) for operation, name, _, required in _published()}

    assert published - names == set()


@pytest.mark.parametrize("operation", SELECTIVE)
def test_an_empty_value_is_answered_like_none(speaker, operation):
    required, optional = _parameters(speaker, operation)
    plain = speaker.ask(operation, required)
    answers = {name: speaker.ask(operation, required | {name: ""}) for name in optional}

    assert answers == dict.fromkeys(optional, plain)
    assert speaker.ask(operation, required | dict.fromkeys(optional, "")) == plain


@pytest.mark.parametrize("operation", SELECTIVE)
def test_a_value_is_understood_however_it_is_written(speaker, operation):
    required, optional = _parameters(speaker, operation)
    statuses = {
        name: speaker.ask(operation, required | {name: value})[0]
        for name, value in optional.items()
    }
    expected = 409 if operation == "retry_job" else 200  # the job has nothing to retry

    assert statuses == dict.fromkeys(optional, expected)


@pytest.mark.parametrize(
    "operation",
    [operation for operation, (_, _, queries) in OPERATIONS.items() if queries[0]["required"]],
)
def test_a_required_value_that_is_empty_is_missing(speaker, operation):
    status, body = speaker.ask(operation, {"workflow_id": ""})

    assert status == 400
    assert body["error"]["message"] == "Missing required query parameter 'workflow_id'"


def _published() -> list[tuple[str, str, str, bool]]:
    return [tuple(row) for row in json.loads(PUBLISHED.read_text("utf-8"))]


def _parameters(speaker: Speaker, operation: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the required parameters, and a value for each optional one."""
    queries = OPERATIONS[operation][2]
    required = {q["name"]: str(speaker.paths[q["name"]]) for q in queries if q["required"]}
    optional = {}
    for query in queries:
        name, schema = query["name"], query["schema"]
        if not query["required"]:
            special = GIVEN_TO.get((operation, name)) or GIVEN.get(name)
            if name in {"consumer_job_id", "producer_job_id"}:
                special = str(speaker.paths["job_id"])
            optional[name] = special or BY_TYPE[schema["type"]]
    return required, optional
