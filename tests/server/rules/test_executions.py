"""Actions whose runner is gone: commands are given up, requests for nodes not."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW

from torc_core.errors import ConflictError
from torc_core.model.action import ActionClaim, ActionEnd, WorkflowAction
from torc_core.model.compute import ComputeNodePatch
from torc_server.records import crud
from torc_server.records.actions import (
    claim_action,
    complete_action,
    create_action,
    list_pending_actions,
)
from torc_server.records.resources import COMPUTE_NODE

CONFIG = {"run_commands": {"commands": ["true"]}, "schedule_nodes": {"num_allocations": 2}}


@pytest.fixture
def begun(bench):
    """Create an action, have the bench's runner claim it, and return its id."""

    def begin(action_type, **fields):
        action = WorkflowAction(
            workflow_id=bench.workflow_id,
            trigger_type="on_workflow_start",
            action_type=action_type,
            action_config=CONFIG[action_type],
            **fields,
        )
        number = create_action(bench.conn, bench.workflow_id, action).id
        bench.add("job")
        bench.initialize()
        claim(bench, number)
        return number

    return begin


def claim(bench, number, node_id=None):
    request = ActionClaim(compute_node_id=node_id or bench.node_id, reports_end=True)
    return claim_action(bench.conn, bench.workflow_id, number, request, now_ms=NOW)


def lose_the_runner(bench):
    crud.update(
        bench.conn, COMPUTE_NODE, bench.node_id, ComputeNodePatch(is_active=False), now_ms=NOW
    )


def due(bench, node_id=None):
    found = list_pending_actions(bench.conn, bench.workflow_id, (), node_id)
    return [action.id for action in found]


def test_an_action_that_requests_nodes_is_due_again_when_its_runner_is_gone(bench, begun):
    number = begun("schedule_nodes")
    assert due(bench) == []
    lose_the_runner(bench)
    event_type, data = bench.events()[-1]
    assert (event_type, data["action_id"]) == ("action_released", number)
    follower = bench.add_node()
    assert due(bench, follower) == [number]
    claim(bench, number, follower)
    assert due(bench) == []


def test_commands_are_not_executed_again(bench, begun):
    number = begun("run_commands")
    lose_the_runner(bench)
    assert bench.event_types()[-1] == "action_abandoned"
    assert due(bench, bench.add_node()) == []
    with pytest.raises(ConflictError):
        claim(bench, number)


def test_what_was_carried_out_stays_so(bench, begun):
    number = begun("schedule_nodes")
    end = ActionEnd(compute_node_id=bench.node_id, return_code=0, duration_seconds=1.0)
    complete_action(bench.conn, bench.workflow_id, number, end, now_ms=NOW)
    lose_the_runner(bench)
    assert bench.event_types()[-1] == "compute_node_stopped"
    assert due(bench) == []


def test_requests_that_failed_are_left_to_another_runner(bench, begun):
    number = begun("schedule_nodes")
    end = ActionEnd(compute_node_id=bench.node_id, return_code=1, duration_seconds=1.0)
    complete_action(bench.conn, bench.workflow_id, number, end, now_ms=NOW)
    assert bench.event_types()[-1] == "action_failed"
    assert due(bench, bench.node_id) == []
    assert bench.turn().has_pending_actions is False
    follower = bench.add_node()
    assert due(bench, follower) == [number]
    assert bench.turn(node_id=follower, seq=1, schedules_nodes=True).has_pending_actions is True
    claim(bench, number, follower)
    assert due(bench, bench.add_node()) == []


def test_commands_that_failed_are_not_executed_again(bench, begun):
    number = begun("run_commands")
    end = ActionEnd(compute_node_id=bench.node_id, return_code=1, duration_seconds=1.0)
    complete_action(bench.conn, bench.workflow_id, number, end, now_ms=NOW)
    assert due(bench, bench.add_node()) == []


def test_a_later_claim_of_another_runner_is_not_taken_back(bench, begun):
    number = begun("schedule_nodes", persistent=True)
    follower = bench.add_node()
    claim(bench, number, follower)
    lose_the_runner(bench)
    assert bench.event_types()[-1] == "action_released"
    assert due(bench, follower) == []


@pytest.mark.parametrize("fields", [{}, {"persistent": True}])
def test_nobody_carries_out_what_was_withdrawn_until_the_next_initialization(bench, begun, fields):
    number = begun("schedule_nodes", **fields)
    for _ in range(2):
        withdrawn = ActionClaim(withdraws=True)
        claim_action(bench.conn, bench.workflow_id, number, withdrawn, now_ms=NOW)
    lose_the_runner(bench)
    assert due(bench, bench.add_node()) == []
    with pytest.raises(ConflictError):
        claim(bench, number)
    bench.initialize()
    assert due(bench) == [number]
