"""What an exchange waits for, and what is left to acknowledge."""

import pytest
from core.runner.simulated import World, claimed_job, completion

from torc_core.resources import Resources


@pytest.fixture
def world():
    return World(Resources(num_cpus=2, memory_bytes=2**40), poll_interval_s=60.0)


def send(world, *, longest_idle_s=600.0, knows_stuck=False):
    world.loop._exchanges.send_due(
        longest_idle_s=longest_idle_s, knows_stuck=knows_stuck, is_stopping=False
    )
    return [request for _, request in world.server.requests]


def test_nothing_is_acknowledged_before_it_is_sent_and_answered(world):
    exchanges, outbox = world.loop._exchanges, world.loop._jobs.outbox
    assert exchanges.is_acknowledged
    outbox.add_completion(completion(1))
    assert not exchanges.is_acknowledged
    assert exchanges.has_report
    send(world)
    assert not outbox
    assert not exchanges.is_acknowledged
    assert exchanges.has_report
    world.waker.sleep(None)
    exchanges.collect()
    assert exchanges.is_acknowledged or world.server.in_flight
    assert not exchanges.has_report


def test_an_idle_runner_listens_no_longer_than_it_stays(world):
    (request,) = send(world, longest_idle_s=7.0)
    assert request.wait_seconds == 7.0


def test_a_runner_that_stays_listens_for_the_longest_wait(world):
    (request,) = send(world, longest_idle_s=600.0)
    assert request.wait_seconds == 60.0


def test_a_runner_that_waits_for_others_listens_for_the_longest_wait(world):
    (request,) = send(world, longest_idle_s=None)
    assert request.wait_seconds == 60.0


@pytest.mark.parametrize("knows_stuck", [False, True])
def test_only_a_runner_without_jobs_asks_what_to_expect(world, knows_stuck):
    (first,) = send(world, knows_stuck=knows_stuck)
    assert (first.work.asks_outlook, first.work.knows_stuck) == (True, knows_stuck)
    world.loop._jobs.accept([claimed_job(1)])
    world.loop._exchanges.send_soon()
    _, second = send(world, knows_stuck=knows_stuck)
    assert not second.work.asks_outlook


def test_a_runner_with_jobs_does_not_wait_for_its_idle_limit(world):
    world.loop._jobs.accept([claimed_job(1)])
    (request,) = send(world, longest_idle_s=7.0)
    assert request.wait_seconds == 60.0


def test_work_is_requested_beyond_the_jobs_that_wait(world):
    world.loop._jobs.accept([claimed_job(1)])
    (request,) = send(world)
    assert request.work.max_jobs == 1
    assert request.work.resources.num_cpus == 1
    assert request.work.node.num_cpus == 2


def test_of_two_requests_in_flight_no_third_is_sent(world):
    for job_id in (1, 2, 3):
        world.loop._jobs.outbox.add_completion(completion(job_id))
        requests = send(world)
    assert [[end.job_id for end in request.ends] for request in requests] == [[1], [2]]
    assert world.loop._jobs.outbox.is_urgent


def test_the_time_that_is_left_goes_along():
    world = World(Resources(num_cpus=2, memory_bytes=2**40), time_limit_s=600.0)
    world.clock.now = 100.0
    (request,) = send(world)
    assert request.work.resources.time_limit == "PT500S"


def test_a_runner_asks_again_once_it_has_executed_the_actions_that_it_knew_of(world):
    def awaiting(*, awaits):
        world.loop._exchanges.send_due(
            longest_idle_s=600.0, awaits_actions=awaits, is_stopping=False
        )
        return [request.awaits_actions for _, request in world.server.requests]

    assert awaiting(awaits=True) == [True]
    assert awaiting(awaits=False) == [True]
    assert awaiting(awaits=True) == [True, True]
    assert awaiting(awaits=True) == [True, True]
