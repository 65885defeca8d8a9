"""Drawings of what passes between jobs are read from the server."""

from __future__ import annotations

import pytest

from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.progress.read import read_overview
from torc_tui.state.graph.dag import FILES, USER_DATA, graph_of, read_graph
from torc_tui.theme import QUIET, Cell


@pytest.fixture
def workflow_id(client):
    """A workflow: a writes f, which b reads; b writes d, which c reads; nothing reads g."""
    number = client.create_workflow(Workflow(name="graph", user="tester")).id
    files = [client.create_file(File(workflow_id=number, name=name, path=name)).id for name in "fg"]
    data = client.create_user_data(UserData(workflow_id=number, name="d")).id

    def add(name, **fields):
        client.create_job(Job(workflow_id=number, name=name, command="true", **fields))

    add("a", output_file_ids=files)
    add("b", input_file_ids=files[:1], output_user_data_ids=[data])
    add("c", input_user_data_ids=[data])
    return number


def job(name):
    return Cell(f"·U {name}", QUIET)


def thing(name):
    return Cell(f"□ {name}", "cyan")


def edges_of(graph):
    return {(graph.nodes[a].text, graph.nodes[b].text) for a, b in graph.edges}


def test_jobs_are_drawn_with_what_they_depend_on(client, workflow_id):
    graph = graph_of(read_overview(client, workflow_id, 0))

    assert graph.nodes == [job("a"), job("b"), job("c")]
    assert graph.edges == {(0, 1), (1, 2)}
    assert not graph.is_partial


def test_files_and_user_data_are_drawn_between_jobs(client, workflow_id):
    files, data = (read_graph(client, workflow_id, each) for each in (FILES, USER_DATA))

    assert set(files.nodes) == {job("a"), job("b"), thing("f"), thing("g")}
    assert edges_of(files) == {("·U a", "□ f"), ("□ f", "·U b"), ("·U a", "□ g")}
    assert edges_of(data) == {("·U b", "□ d"), ("□ d", "·U c")}


def test_a_graph_that_is_not_read_to_its_end_says_so(client, workflow_id):
    assert read_graph(client, workflow_id, FILES, most_edges=1).is_partial
    assert not read_graph(client, workflow_id, USER_DATA, most_edges=1).is_partial
    assert graph_of(read_overview(client, workflow_id, 0), most_edges=1).is_partial
