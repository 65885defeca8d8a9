"""The graph of a workflow is read from the server: stored dependencies, and those through data."""

from __future__ import annotations

import pytest

from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.state.graph import dag
from torc_tui.state.graph.dag import read_graph
from torc_tui.theme import QUIET, Cell


@pytest.fixture
def workflow_id(client):
    return client.create_workflow(Workflow(name="graph", user="tester")).id


def add_job(client, workflow_id, name, **fields):
    return client.create_job(Job(workflow_id=workflow_id, name=name, command="true", **fields)).id


def test_dependencies_by_name_by_file_and_by_data_are_edges(client, workflow_id):
    file = client.create_file(File(workflow_id=workflow_id, name="f", path="f")).id
    data = client.create_user_data(UserData(workflow_id=workflow_id, name="d")).id
    unread = client.create_file(File(workflow_id=workflow_id, name="g", path="g")).id
    first = add_job(client, workflow_id, "a", output_file_ids=[file, unread])
    add_job(client, workflow_id, "b", input_file_ids=[file], output_user_data_ids=[data])
    add_job(client, workflow_id, "c", input_user_data_ids=[data])
    add_job(client, workflow_id, "d", depends_on_job_ids=[first])
    graph = read_graph(client, workflow_id)

    assert graph.nodes == [Cell(f"·U {name}", QUIET) for name in "abcd"]
    assert graph.edges == {(0, 1), (1, 2), (0, 3)}
    assert not graph.is_partial


@pytest.mark.parametrize(
    ("jobs", "edges", "is_partial"), [(3, 2, False), (2, 2, True), (3, 1, True)]
)
def test_a_graph_that_is_not_read_to_its_end_says_so(
    client, workflow_id, monkeypatch, jobs, edges, is_partial
):
    first = add_job(client, workflow_id, "a")
    for name in "bc":
        add_job(client, workflow_id, name, depends_on_job_ids=[first])
    monkeypatch.setattr(dag, "READ_JOBS", jobs)
    monkeypatch.setattr(dag, "READ_EDGES", edges)
    graph = read_graph(client, workflow_id)

    assert graph.is_partial == is_partial
    assert len(graph.nodes) == jobs
    assert len(graph.edges) == min(jobs - 1, edges)
