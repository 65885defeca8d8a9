"""When actions have their turn, in simulated time: no command holds up what else a runner does."""

from __future__ import annotations

import pytest
from core.runner.simulated import World, claimed_job

from torc_core.resources import Resources
from torc_core.runner.actions.turns import HEARTBEAT_S

FOUR_CPUS = Resources(num_cpus=4, memory_bytes=2**40)
HOUR = 3600.0
GRACE_S = 30.0
LAST = "on_worker_complete"


@pytest.fixture
def world():
    made = World(FOUR_CPUS, grace_s=GRACE_S)
    made.server.add(claimed_job(1, runtime_seconds=60))
    return made


def test_no_job_is_claimed_before_the_start_actions_are_over(world):
    world.actions.takes_s["on_worker_start"] = HOUR
    assert world.run().outcomes == {"completed": 1}
    ((began, _),) = world.processes.started
    assert began == pytest.approx(HOUR, abs=0.1)
    early = [request for sent, request in world.server.requests if sent < HOUR]
    assert len(early) >= HOUR / 60 - 1, "the server hears from the runner all the time"
    assert all(request.work is None for request in early)


def test_a_cancellation_ends_the_start_actions(world):
    world.actions.takes_s["on_workflow_start"] = HOUR
    world.waker.at(100.0, lambda: setattr(world.server, "is_canceled", True))
    world.run()
    assert world.clock.now < 200
    assert world.processes.started == []


def test_the_server_hears_from_a_runner_that_executes_its_last_actions(world):
    world.actions.takes_s[LAST] = HOUR
    world.run()
    assert world.clock.now == pytest.approx(60 + HOUR, abs=1)
    late = [sent for sent, _ in world.server.requests if sent > 61]
    assert len(late) == pytest.approx(HOUR / HEARTBEAT_S, abs=2)


def test_a_runner_that_was_asked_to_stop_executes_its_own_actions_for_a_grace_period(world):
    world.actions.takes_s[LAST] = HOUR
    world.stop_at(10.0)
    world.run()
    assert LAST in world.actions.triggers
    assert "on_workflow_complete" not in world.actions.triggers
    assert world.clock.now == pytest.approx(10 + GRACE_S, abs=1)


def test_a_command_that_ignores_the_request_is_killed_after_the_grace_period(world):
    world.actions.takes_s["on_workflow_start"] = HOUR
    world.actions.ignores_sigterm = True
    world.stop_at(10.0)
    world.run()
    assert world.actions.interruptions == [(10.0, GRACE_S)]
    assert LAST in world.actions.triggers
    assert world.clock.now == pytest.approx(10 + GRACE_S)


@pytest.mark.parametrize("again", [10.0, 20.0])
def test_a_second_request_skips_what_is_left(world, again):
    world.actions.takes_s |= {"on_workflow_start": HOUR, LAST: HOUR}
    world.actions.ignores_sigterm = True
    world.stop_at(10.0)
    world.stop_at(again)
    world.run()
    assert world.clock.now == pytest.approx(again, abs=1.5)
    assert LAST not in world.actions.triggers


def test_a_workflow_that_completes_before_the_start_actions_are_over_waits_for_them():
    world = World(FOUR_CPUS)
    world.actions.takes_s["on_worker_start"] = 100.0
    world.run()
    assert world.clock.now == pytest.approx(100, abs=1)
    assert LAST in world.actions.triggers
