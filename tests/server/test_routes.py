"""The routes are those of the reference, under the same names."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from torc_server.app import BASE_PATH, create_app
from torc_server.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

OURS_ALONE = {
    "archive_workflow",
    "batch_complete_jobs",
    "create_files",
    "create_user_data_list",
    "exchange",
    "get_active_task_for_workflow",
    "get_running_jobs",
    "get_task",
    "spawn_jobs",
    "stream_events",
}
"""Operations that the official client of this generation does not have."""


@pytest.fixture(scope="module")
def app():
    return create_app(Settings(database=Path("unused")))


@pytest.fixture(scope="module")
def operations(app):
    """Return method and path by operation id; parameters are anonymous."""
    return {
        handler.operation_id: (method, anonymous(route.path.removeprefix(BASE_PATH)))
        for route in app.routes
        if "/schema" not in route.path
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@pytest.fixture(scope="module")
def published():
    """Return the same of the official client, as its methods state it."""
    from torc.openapi_client import DefaultApi

    found = {}
    for name, method in inspect.getmembers(DefaultApi, inspect.isfunction):
        if match := re.fullmatch(r"_(.+)_serialize", name):
            source = inspect.getsource(method)
            http_method = re.search(r"method='(\w+)'", source)[1]
            path = re.search(r"resource_path='([^']+)'", source)[1]
            found[match[1]] = (http_method, anonymous(path))
    return found


def test_every_operation_is_where_the_official_client_looks_for_it(operations, published):
    differing = {
        name: (place, published.get(name))
        for name, place in operations.items()
        if name not in OURS_ALONE and published.get(name) != place
    }

    assert len(operations) > 80
    assert differing == {}


def test_the_document_describes_parameters_and_bodies(app):
    paths = app.openapi_schema.to_schema()["paths"]
    listing = paths[f"{BASE_PATH}/files"]["get"]

    assert listing["operationId"] == "list_files"
    assert {parameter["name"] for parameter in listing["parameters"]} >= {
        *("workflow_id", "offset", "limit", "sort_by", "reverse_sort"),
        *("name", "path", "produced_by_job_id", "is_output"),
    }
    body = paths[f"{BASE_PATH}/files"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"].endswith("File")
