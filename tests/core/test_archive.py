"""The archive, on servers with and without a call for it."""

from __future__ import annotations

import pytest

from torc_core.client import Feature, TorcClient
from torc_core.client.features import unsupported
from torc_core.errors import NotFoundError
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.definition.archive import archive_workflow


class OlderServer(TorcClient):
    """A server that knows only the calls of the 0.12 generation, as seen from a client."""

    def archive_workflow(self, workflow_id, *, is_archived):
        raise unsupported(Feature.ARCHIVE, self.url)


@pytest.fixture(params=[TorcClient, OlderServer])
def client(request, server):
    connected = request.param(server.url)
    yield connected
    connected.close()


def test_a_workflow_goes_into_the_archive_and_comes_back_as_it_was(client):
    workflow_id = client.create_workflow(Workflow(name="w", user="u")).id
    client.update_workflow_status(workflow_id, WorkflowStatus(run_id=3, is_canceled=True))
    before = client.get_workflow_status(workflow_id)

    archive_workflow(client, workflow_id, is_archived=True)

    assert client.get_workflow_status(workflow_id).is_archived
    archive_workflow(client, workflow_id, is_archived=False)
    assert client.get_workflow_status(workflow_id) == before


def test_an_unknown_workflow_is_said_to_be_unknown(client):
    with pytest.raises(NotFoundError, match="no workflow 123456"):
        archive_workflow(client, 123456, is_archived=True)
