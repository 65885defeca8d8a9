"""A workflow file becomes records on a server."""

from __future__ import annotations

import json

from torc_core.model.execution import read_execution_config
from torc_core.operations.definition.create import create_workflow
from torc_core.spec import parse_workflow

FILE = """
name: w
env: {SHARED: "1"}
dynamic_jobs: {max_iterations: 20}
jobs:
  - {name: "a{i}", command: x, priority: 3, env: {I: "{i}"}, parameters: {i: "1:2"}}
  - {name: b, command: x}
"""


def test_environments_priorities_and_bounds_reach_the_server(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    workflow_id = create_workflow(client, parse_workflow(FILE, format="yaml"), user="u")

    workflow = client.get_workflow(workflow_id)
    assert workflow.env == {"SHARED": "1"}
    assert workflow.dynamic_jobs.max_iterations == 20
    assert workflow.submission_directory == str(tmp_path)
    jobs = client.list_jobs(workflow_id).items
    assert [(job.name, job.priority, job.env) for job in jobs] == [
        ("a1", 3, {"I": "1"}),
        ("a2", 3, {"I": "2"}),
        ("b", 0, None),
    ]


def test_the_stdio_of_jobs_is_kept_with_the_workflow_by_their_names(client):
    file = """
name: w
execution_config: {stdio: {mode: combined}}
jobs:
  - {name: "a{i}", command: x, stdio: {mode: none}, parameters: {i: "1:2"}}
  - {name: b, command: x}
"""
    workflow_id = create_workflow(client, parse_workflow(file, format="yaml"), user="u")

    config = read_execution_config(client.get_workflow(workflow_id).execution_config)
    assert [config.stdio_of(name).mode for name in ("a1", "a2", "b")] == [
        "none",
        "none",
        "combined",
    ]


def test_jobs_with_large_environments_go_in_several_requests(client):
    job = {"name": "j{i}", "command": "true", "env": {"V": "x" * 100_000}}
    job["parameters"] = {"i": "1:700"}
    text = json.dumps({"name": "large", "jobs": [job]})

    workflow_id = create_workflow(client, parse_workflow(text, format="json"), user="u")

    assert client.list_jobs(workflow_id, limit=1).total_count == 700
