"""Updates state what changes; a server that wants whole records gets them."""

from __future__ import annotations

import json

import pytest
from core.client.raw_server import RawServer, reply

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.artifact import File, FilePatch, UserData, UserDataPatch
from torc_core.model.compute import (
    ComputeNode,
    ComputeNodePatch,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.job import Job, JobPatch
from torc_core.model.resources import ResourceRequirements, ResourceRequirementsPatch
from torc_core.model.workflow import Workflow, WorkflowPatch

REQUIREMENTS = {
    "id": 3, "workflow_id": 1, "name": "small",
    "num_cpus": 2, "num_gpus": 0, "num_nodes": 1, "memory": "1g", "runtime": "PT5M",
}  # fmt: skip
INCOMPLETE = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 78\r\n\r\n"
    b"Couldn't parse body parameter - doesn't match schema: missing field `workflow`"
)


def test_a_server_of_whole_records_gets_the_stored_one_with_the_changes():
    def answer(request):
        if request.method == "GET":
            return reply(REQUIREMENTS)
        body = json.loads(request.body)
        return reply(body) if "workflow_id" in body else INCOMPLETE

    with RawServer(answer) as server:
        client = TorcClient(server.url)
        updated = client.update_resource_requirements(3, ResourceRequirementsPatch(memory="2g"))
        client.close()

    assert updated.memory == "2g"
    assert [request.method for request in server.received] == ["PUT", "GET", "PUT"]
    assert json.loads(server.received[-1].body) == {**REQUIREMENTS, "memory": "2g"}


@pytest.mark.parametrize(
    ("record", "patch"),
    [
        (File, FilePatch),
        (UserData, UserDataPatch),
        (ResourceRequirements, ResourceRequirementsPatch),
        (ComputeNode, ComputeNodePatch),
        (ScheduledComputeNode, ScheduledComputeNodePatch),
        (Job, JobPatch),
        (Workflow, WorkflowPatch),
    ],
)
def test_what_a_patch_changes_is_in_the_record(record, patch):
    assert set(patch.__struct_fields__) <= set(record.__struct_fields__)


def test_another_refusal_is_not_tried_again():
    with RawServer(lambda _: reply({"error": {"message": "no"}}, 422)) as server:
        client = TorcClient(server.url)
        with pytest.raises(UsageError, match="no"):
            client.update_user_data(3, UserDataPatch(data=1))
        client.close()

    assert [request.method for request in server.received] == ["PUT"]


def test_only_what_changes_is_stated():
    with RawServer(lambda _: reply({"workflow_id": 1, "name": "x"})) as server:
        updater = TorcClient(server.url)
        updater.update_user_data(3, UserDataPatch(data=None))
        updater.close()

    assert json.loads(server.received[0].body) == {"data": None}
