"""The published interface: the reference's operations under its names, and nothing made up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from torc_core.model.workflow import SortMethod
from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.edge.parameters import SortName
from torc_server.settings import ServerSettings

REFERENCE = Path(__file__).parents[1] / "data" / "reference_operations.json"
"""Operation id, method and path of everything that version 0.12 of the reference publishes."""

ADDED = {
    "add_workflow_to_group_by_id": "what the reference serves; its document has another path",
    "get_dot_graph": "what the reference routes and does not publish",
    "stream_events": "what the reference serves and does not publish",
    **dict.fromkeys(
        (
            *("archive_workflow", "batch_complete_jobs", "create_files", "create_user_data_list"),
            *("get_active_task_for_workflow", "get_running_jobs", "get_task", "reload_auth"),
            *("spawn_jobs", "create_slurm_stats", "list_slurm_stats", "get_slurm_job_correlations"),
            *("create_ro_crate_entity", "get_ro_crate_entity", "update_ro_crate_entity"),
            *("delete_ro_crate_entity", "list_ro_crate_entities", "delete_ro_crate_entities"),
        ),
        "what clients since 0.21 ask for",
    ),
    "complete_action": "how our own runner reports the end of an action",
    "create_results": "how our own client imports results",
    "exchange": "the batch protocol of our own runner",
    "list_job_groups": "how far a million jobs are, by stages",
    "change_jobs": "many jobs are canceled or retried in one request",
    "assign_scheduler": "new allocations are planned for all jobs that are left",
    "reset_jobs": "how our own client reinitializes a workflow: the files are looked at there",
    **dict.fromkeys(
        (
            *("start_workflow", "resume_workflow", "list_workflow_runs", "get_workflow_run"),
            "update_workflow_run",
        ),
        "records of starts and resumes",
    ),
    **dict.fromkeys(
        ("create_recovery", "list_recoveries", "update_recovery", "hold_recovery"),
        "records of recoveries",
    ),
}
"""Operations that the reference's document does not have, with the reason for each."""


@pytest.fixture(scope="module")
def document():
    app = create_app(ServerSettings(database=Path("unused")))
    return json.loads(describe(app, VERSION.api_version))


@pytest.fixture(scope="module")
def operations(document):
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def anonymous(path):
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_operation_of_the_reference_is_served_where_it_was(operations):
    published = {name: (method, path) for name, method, path in json.loads(REFERENCE.read_text())}
    served = {name: (method, path) for name, (method, path, _) in operations.items()}
    moved = {
        name: (served.get(name), place)
        for name, place in published.items()
        if name not in served
        or (served[name][0], anonymous(served[name][1])) != (place[0], anonymous(place[1]))
    }

    assert moved == {}
    assert served.keys() - published.keys() == ADDED.keys()


def test_the_served_document_is_the_one_of_the_application(call, document):
    reply = call("GET", "/openapi.json")

    assert reply.status == 200
    assert reply.body == document
    assert document["servers"] == [{"url": "/torc-service/v1"}]
    assert document["info"]["version"] == call("GET", "/version").body["api_version"]


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json", "/schema/redoc"])
def test_nothing_else_is_served_about_it(call, path):
    assert call("GET", path).status == 404


def test_every_reference_inside_leads_somewhere(document):
    text = json.dumps(document)

    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        found = document
        for part in reference.split("/"):
            found = found[part]
        assert found, reference
    assert set(re.findall(r"schemas/([^\"]+)", text)) <= document["components"]["schemas"].keys()


def test_every_operation_says_what_it_does_and_how_it_fails(operations):
    for name, (method, path, operation) in operations.items():
        assert operation["summary"].endswith("."), name
        assert operation["tags"], name
        assert {"400", "401", "403", "500"} <= operation["responses"].keys(), name
        if "_id}" in path:
            assert "404" in operation["responses"], name
        if "requestBody" in operation:
            assert {"404", "409", "413", "422"} <= operation["responses"].keys(), name
        names = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert names == set(re.findall(r"\{(\w+)\}", path)), name
        assert method in {"GET", "POST", "PUT", "DELETE"}


def test_numbers_have_a_size_and_parameters_their_bounds(document, operations):
    def integers(schema):
        if isinstance(schema, dict):
            if schema.get("type") == "integer":
                yield schema
            schema = list(schema.values())
        if isinstance(schema, list):
            for inner in schema:
                yield from integers(inner)

    assert all(schema["format"] == "int64" for schema in integers(document))
    parameters = {p["name"]: p for p in operations["list_files"][2]["parameters"]}
    assert parameters["workflow_id"]["required"]
    assert parameters["workflow_id"]["schema"]["minimum"] == 1
    assert parameters["limit"]["schema"]["default"] == 10_000
    assert parameters["limit"]["schema"]["maximum"] == 2**63 - 1
    assert parameters["is_output"]["schema"] == {"type": "boolean"}
    assert parameters.keys() >= {"offset", "sort_by", "reverse_sort", "name", "path"}


def test_bodies_and_answers_are_of_the_named_schemas(operations):
    create, listing = operations["create_file"][2], operations["list_files"][2]
    body = create["requestBody"]["content"]["application/json"]["schema"]
    page = listing["responses"]["200"]["content"]["application/json"]["schema"]
    other = {
        name: next(iter(operations[name][2]["responses"]["200"]["content"]))
        for name in ("stream_events", "get_dot_graph")
    }

    assert body == {"$ref": "#/components/schemas/File"}
    assert page == {"$ref": "#/components/schemas/FilePage"}
    assert other == {"stream_events": "text/event-stream", "get_dot_graph": "text/vnd.graphviz"}
    assert "201" in operations["create_remote_workers"][2]["responses"]
    assert "202" in operations["initialize_jobs"][2]["responses"]


def test_fields_are_described_by_what_stands_in_the_source(document):
    schemas = document["components"]["schemas"]

    assert schemas["ComputeNode"]["properties"]["memory_gb"]["description"] == "Gibibytes."
    assert "items of this page" in schemas["FilePage"]["properties"]["count"]["description"]
    assert schemas["Job"]["description"].startswith("One command of a workflow.")
    assert schemas["SlurmScheduler"]["properties"]["qos"]["default"] == "normal"


def test_sort_methods_are_those_of_the_model():
    assert set(get_args(SortName)) == set(SortMethod)
