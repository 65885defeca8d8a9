"""What begins a run changes nothing before it is known that there is something to run."""

from __future__ import annotations

import pytest
from core.client.raw_server import RawServer, reply

from torc_core.model.action import WorkflowAction
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


@pytest.mark.parametrize("command", ["initialize", "reinitialize", "reset-status"])
def test_a_workflow_that_does_not_exist_is_asked_for_first(torc_alone, command):
    with RawServer(lambda _: reply({"error": {"message": "There is none."}}, 404)) as server:
        ended = torc_alone("--url", server.url, "workflows", command, 7, "--force")

    assert ended.code == 4, ended.err
    assert {request.method for request in server.received} == {"GET"}


def test_after_a_reinitialize_no_node_has_executed_an_action(client):
    own = {"workflow_id": client.create_workflow(Workflow(name="w", user="u")).id}
    client.create_job(Job(**own, name="a", command="true"))
    action = client.create_workflow_action(
        WorkflowAction(
            **own,
            trigger_type="on_workflow_start",
            action_type="run_commands",
            action_config={"commands": ["true"]},
        )
    )
    client.initialize_jobs(own["workflow_id"])
    node = ComputeNode(
        **own, hostname="h", pid=1, start_time="2026-01-01T00:00:00Z", num_cpus=1, memory_gb=1.0,
        num_gpus=0, num_nodes=1, compute_node_type="local", is_active=True,
    )  # fmt: skip
    node_id = client.create_compute_node(node).id
    client.claim_action(own["workflow_id"], action.id, node_id)
    (claimed,) = client.get_workflow_actions(own["workflow_id"])

    client.initialize_jobs(own["workflow_id"], only_uninitialized=True)

    (again,) = client.get_workflow_actions(own["workflow_id"])
    assert (claimed.executed, claimed.executed_by) == (True, node_id)
    assert (again.executed, again.executed_by, again.executed_at) == (False, None, None)
