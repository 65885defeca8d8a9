"""The jobs of a workflow are read as a graph, and again only for what has changed."""

from __future__ import annotations

import pytest
from operations.older_server import OlderServer

from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.progress.read import read_overview


@pytest.fixture
def workflow_id(client):
    return client.create_workflow(Workflow(name="graph", user="tester")).id


def add_job(client, workflow_id, name, **fields):
    return client.create_job(Job(workflow_id=workflow_id, name=name, command="true", **fields)).id


def test_dependencies_by_name_by_file_and_by_data_are_read(client, workflow_id):
    file = client.create_file(File(workflow_id=workflow_id, name="f", path="f")).id
    data = client.create_user_data(UserData(workflow_id=workflow_id, name="d")).id
    first = add_job(client, workflow_id, "a", output_file_ids=[file])
    add_job(client, workflow_id, "b", input_file_ids=[file], output_user_data_ids=[data])
    add_job(client, workflow_id, "c", input_user_data_ids=[data])
    add_job(client, workflow_id, "d", depends_on_job_ids=[first])
    graph = read_overview(client, workflow_id, 0).graph

    assert list(graph.names) == ["a", "b", "c", "d"]
    assert list(graph.needs) == [(), (0,), (1,), (0,)]
    assert graph.total == 4


def test_a_second_reading_keeps_the_graph_until_there_are_other_jobs(client, workflow_id):
    first = add_job(client, workflow_id, "a_1")
    client.initialize_jobs(workflow_id)
    before = read_overview(client, workflow_id, 0)
    client.manage_status_change(first, JobStatus.CANCELED, 0)
    after = read_overview(client, workflow_id, 0, before)

    assert after.graph is before.graph
    assert before.progress[0].counts == {"ready": 1}
    assert after.progress[0].counts == {"canceled": 1}

    add_job(client, workflow_id, "a_2")
    assert len(read_overview(client, workflow_id, 0, after).graph.ids) == 2


@pytest.fixture
def older(server):
    """A client of a server that does not group jobs."""
    client = OlderServer(server.url)
    yield client
    client.close()


def test_of_too_many_jobs_the_first_are_read_where_nothing_groups_them(client, workflow_id, older):
    for number in range(5):
        add_job(client, workflow_id, f"job_{number}")
    overview = read_overview(older, workflow_id, 0, most_jobs=3)

    assert read_overview(older, workflow_id, 0, most_jobs=3, reads_part=False) is None
    assert read_overview(older, workflow_id, 0, most_jobs=5, reads_part=False) is not None

    assert len(overview.graph.ids) == 3
    assert overview.graph.total == 5
    assert overview.graph.is_partial
    assert overview.left is None
