"""What an idle runner is told: who holds jobs, or that no runner can run what is left."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW, PLENTY, TIME
from sqlalchemy import insert, update

from torc_core.model.action import TriggerType
from torc_core.model.exchange import Exchange, WorkRequest
from torc_core.model.records.timers import DEFAULT_TIMERS
from torc_core.model.status import JobStatus
from torc_core.resources import Capacity, Requirements
from torc_server.controllers.exchange import latest_outlook
from torc_server.rules.attempts.exchange import answer_exchange, answer_waiting
from torc_server.rules.attempts.outlook import can_take, capacity_at
from torc_server.storage import tables

SMALL = replace(PLENTY, num_cpus=2)
LARGE_NODE = {"num_cpus": 64, "memory_gb": 64.0}


def add_large(bench, name="large", **fields):
    """Add a job that needs more CPUs than the bench's own node has."""
    need = bench.need(name, num_cpus=32, memory="1g", runtime="PT1H")
    return bench.add(name, resource_requirements_id=need, **fields)


def outlook(bench, resources=SMALL, **fields):
    reply = bench.claim(resources=resources, asks_outlook=True, **fields)
    assert not reply.jobs
    return reply.outlook


def test_it_is_given_on_request_and_without_jobs_only(bench):
    bench.add("job")
    bench.initialize()
    reply = bench.claim(1, asks_outlook=True)
    assert (len(reply.jobs), reply.outlook) == (1, None)
    assert bench.claim().outlook is None


def test_a_job_that_fits_nobody_is_named_with_what_it_lacks(bench):
    add_large(bench)
    bench.initialize()
    reply = bench.claim(resources=SMALL, asks_outlook=True)
    assert (reply.outlook.is_stuck, reply.outlook.example) == (True, "large")
    assert reply.reason == "1 ready job needs 32 CPUs; this node has 2 CPUs free."


@pytest.mark.parametrize("knows_stuck", [False, True])
def test_it_is_news_once(bench, knows_stuck):
    add_large(bench)
    bench.initialize()
    work = WorkRequest(resources=SMALL, max_jobs=1, asks_outlook=True, knows_stuck=knows_stuck)
    answer = answer_exchange(bench.conn, bench.node_id, Exchange(seq=1, work=work), now_ms=NOW)
    assert answer.reply.outlook.is_stuck
    assert answer.has_news is not knows_stuck


def test_of_several_the_nearest_is_named(bench):
    for name, cpus in (("far", 500), ("near", 3), ("farther", 900)):
        bench.add(name, resource_requirements_id=bench.need(name, num_cpus=cpus, memory="1m"))
    bench.initialize()
    assert outlook(bench).example == "near"


@pytest.mark.parametrize(
    ("node", "is_stuck"),
    [
        ({}, False),
        ({"num_cpus": 31}, True),
        ({"memory_gb": 0.5}, True),
        ({"is_active": False}, True),
        ({"last_seen_at": NOW - int(DEFAULT_TIMERS.lost_seconds * 1000) - 1}, True),
        ({"last_seen_at": NOW - 1000}, False),
        ({"time_limit": "PT2H", "start_time": "2023-11-14T22:00:00Z"}, False),
        ({"time_limit": "PT1H", "start_time": "2023-11-14T22:00:00Z"}, True),
        ({"time_limit": "nonsense"}, False),
        ({"time_limit": "PT1H", "start_time": "long ago"}, False),
    ],
)
def test_another_node_that_is_there_and_large_enough_may_take_it(bench, node, is_stuck):
    add_large(bench)
    bench.initialize()
    bench.add_node(**(LARGE_NODE | node))
    assert outlook(bench).is_stuck is is_stuck


@pytest.mark.parametrize(
    ("status", "is_stuck"), [("pending", False), ("active", True), ("complete", True)]
)
def test_an_allocation_that_was_requested_may_take_it(bench, status, is_stuck):
    add_large(bench)
    bench.initialize()
    allocation = {"scheduler_id": 7, "scheduler_config_id": 1, "scheduler_type": "slurm"}
    bench.conn.execute(
        insert(tables.scheduled_compute_node).values(
            workflow_id=bench.workflow_id, status=status, **allocation
        )
    )
    assert outlook(bench).is_stuck is is_stuck


HOUR_LEFT = replace(SMALL, time_limit="PT1H")


def add_timed(bench, name, runtime, **fields):
    need = bench.need(name, num_cpus=1, memory="1m", runtime=runtime)
    return bench.add(name, resource_requirements_id=need, **fields)


@pytest.mark.parametrize(
    ("runtimes", "fits_s"),
    [({"held": "PT2H"}, None), ({"held": "PT50M"}, 600.0), ({"held": "PT1H"}, 0.0)],
)
def test_what_runs_elsewhere_may_come_here_only_if_it_fits(bench, runtimes, fits_s):
    job = add_timed(bench, "held", runtimes["held"])
    add_timed(bench, "after", "PT3H", after=[job])
    bench.initialize()
    bench.claim(node_id=bench.add_node(), seq=1)
    found = outlook(bench, HOUR_LEFT)
    assert (found.holders, found.is_stuck, found.fits_seconds) == (1, False, fits_s)
    assert found.is_hopeless is (fits_s is None)
    assert outlook(bench, SMALL).fits_seconds is None


def test_the_jobs_nearest_to_fit_are_named_with_what_they_lack(bench):
    job = add_timed(bench, "held", "PT2H")
    add_timed(bench, "after", "P1D", after=[job])
    bench.initialize()
    bench.claim(node_id=bench.add_node(), seq=1)
    assert outlook(bench, HOUR_LEFT).out_of_reach == (
        "Of the jobs that are left, those nearest to fit need 2h 00m each; "
        "this node has 1h 00m left."
    )


def test_what_waits_and_fits_is_waited_for(bench):
    job = add_timed(bench, "held", "PT2H")
    add_timed(bench, "after", "PT5M", after=[job])
    bench.initialize()
    bench.claim(node_id=bench.add_node(), seq=1)
    found = outlook(bench, HOUR_LEFT)
    assert (found.is_hopeless, found.fits_seconds) == (False, 3300.0)


def test_a_runner_that_listens_learns_at_once_that_nothing_more_fits(bench):
    small = add_timed(bench, "small", "PT1M")
    add_timed(bench, "large", "PT2H", after=[small])
    bench.initialize()
    other = bench.add_node()
    bench.claim(node_id=other, seq=1)
    work = WorkRequest(resources=HOUR_LEFT, max_jobs=1, asks_outlook=True)
    request = Exchange(seq=1, work=work, wait_seconds=60.0)
    first = answer_exchange(bench.conn, bench.node_id, request, now_ms=NOW)
    later = answer_waiting(bench.conn, bench.node_id, request, now_ms=NOW)
    assert (first.has_news, later.has_news) == (False, False)
    bench.turn(node_id=other, seq=2, ends=[bench.ending(small)])
    bench.claim(node_id=other, seq=3)
    answer = answer_waiting(bench.conn, bench.node_id, request, now_ms=NOW)
    assert answer.has_news
    assert latest_outlook(first, answer).is_hopeless
    known = replace(request, work=replace(work, knows_stuck=True))
    assert not answer_waiting(bench.conn, bench.node_id, known, now_ms=NOW).has_news


def test_a_runner_that_counts_jobs_takes_any(bench):
    job = add_timed(bench, "held", "PT2H")
    bench.initialize()
    bench.claim(node_id=bench.add_node(), seq=1)
    assert bench.statuses() == {"held": "pending"}, job
    found = outlook(bench, HOUR_LEFT, by_resources=False)
    assert (found.is_hopeless, found.fits_seconds) == (False, None)


def test_a_due_action_may_change_what_there_is(bench):
    add_large(bench)
    bench.conn.execute(
        insert(tables.workflow_action).values(
            workflow_id=bench.workflow_id,
            trigger_type=TriggerType.ON_WORKFLOW_START,
            action_type="run_commands",
            action_config={"commands": ["true"]},
            trigger_count=1,
            required_triggers=1,
            executed=False,
            persistent=False,
        )
    )
    bench.initialize()
    assert not outlook(bench).is_stuck


def test_runners_that_hold_jobs_are_counted_with_the_longest_silence(bench):
    small = [bench.add(f"j{number}") for number in range(3)]
    add_large(bench)
    bench.add("after", after=small)
    bench.initialize()
    others = [bench.add_node(), bench.add_node()]
    for node_id, limit in zip(others, (2, 1), strict=True):
        bench.claim(limit, SMALL, node_id=node_id, seq=1)
    node = tables.compute_node
    for node_id, silent_s in zip(others, (20, 100), strict=True):
        bench.conn.execute(
            update(node).where(node.c.id == node_id).values(last_seen_at=NOW - silent_s * 1000)
        )
    found = outlook(bench)
    assert (found.holders, found.is_stuck) == (2, False)
    left_s = DEFAULT_TIMERS.lost_seconds - 100.0
    assert (found.silent_seconds, found.lease_seconds) == (100.0, left_s)


def test_while_a_runner_waits_holders_are_not_counted_again(bench):
    bench.add("held")
    add_large(bench)
    bench.initialize()
    bench.claim(1, SMALL, node_id=bench.add_node(), seq=1)
    work = WorkRequest(resources=SMALL, max_jobs=1, asks_outlook=True)
    request = Exchange(seq=1, work=work, wait_seconds=60.0)
    first = answer_exchange(bench.conn, bench.node_id, request, now_ms=NOW)
    later = answer_waiting(bench.conn, bench.node_id, request, now_ms=NOW)
    assert (first.reply.outlook.holders, later.reply.outlook) == (1, None)
    assert latest_outlook(first, later) == first.reply.outlook
    bench.conn.execute(update(tables.job).values(status=JobStatus.READY.number))
    bench.conn.execute(
        update(tables.job).values(resource_requirements_id=bench.need("l", num_cpus=9))
    )
    stuck = answer_waiting(bench.conn, bench.node_id, request, now_ms=NOW)
    assert stuck.has_news
    assert latest_outlook(first, stuck).is_stuck
    assert latest_outlook(stuck, later) is None, "what was stuck is held by now"


def test_own_jobs_whose_completion_is_on_its_way_keep_the_outlook_open(bench):
    first = bench.add("first")
    add_large(bench)
    bench.add("after", after=[first])
    bench.initialize()
    bench.claim(1, SMALL)
    found = outlook(bench)
    assert (found.holders, found.is_stuck) == (0, False)
    bench.end(first)
    assert bench.claimed_ids(resources=SMALL) != []


def test_jobs_of_clients_without_heartbeats_are_not_waited_for(bench):
    bench.add("job")
    add_large(bench)
    bench.initialize()
    other = bench.add_node(hostname="reference")
    bench.claim(1, SMALL, node_id=other, seq=1)
    bench.conn.execute(update(tables.compute_node).values(last_seen_at=None))
    found = outlook(bench)
    assert (found.holders, found.is_stuck) == (0, False)


def test_without_ready_jobs_nobody_is_stuck(bench):
    first = bench.add("first")
    bench.add("second", after=[first])
    assert not outlook(bench).is_stuck


def interrupt(bench, job):
    bench.claim()
    assert bench.end(job, status=JobStatus.TERMINATED, interrupted=True) == ["ok"]


def test_jobs_that_were_interrupted_are_continued_by_the_next_start_only(bench):
    first = bench.add("first")
    bench.add("after", after=[first])
    bench.initialize()
    interrupt(bench, first)
    found = outlook(bench)
    assert (found.is_stuck, found.interrupted, found.example) == (True, 1, None)


def test_while_others_hold_jobs_what_was_interrupted_is_not_all(bench):
    first = bench.add("first")
    bench.add("other")
    bench.initialize()
    bench.claim(1)
    bench.claim(1, node_id=bench.add_node(), seq=1)
    bench.end(first, status=JobStatus.TERMINATED, interrupted=True)
    found = outlook(bench)
    assert (found.is_stuck, found.interrupted, found.holders) == (False, 0, 1)


def test_a_runner_that_listens_learns_at_once_that_the_last_job_was_interrupted(bench):
    job = bench.add("job")
    bench.initialize()
    other = bench.add_node()
    bench.claim(node_id=other, seq=1)
    work = WorkRequest(resources=SMALL, max_jobs=1, asks_outlook=True)
    request = Exchange(seq=1, work=work, wait_seconds=60.0)
    assert not answer_exchange(bench.conn, bench.node_id, request, now_ms=NOW).has_news
    end = bench.ending(job, JobStatus.TERMINATED, interrupted=True)
    bench.turn(node_id=other, seq=2, ends=[end])
    answer = answer_waiting(bench.conn, bench.node_id, request, now_ms=NOW)
    assert (answer.has_news, answer.reply.outlook.interrupted) == (True, 1)


def test_a_decision_may_make_a_job_ready(bench):
    first, second = bench.add("first"), bench.add("second")
    bench.initialize()
    bench.claim()
    bench.end(first, status=JobStatus.PENDING_FAILED)
    bench.end(second, status=JobStatus.TERMINATED, interrupted=True)
    found = outlook(bench)
    assert (found.is_stuck, found.undecided, found.interrupted) == (False, 1, 1)


def test_jobs_that_are_not_initialized_are_counted(bench):
    bench.add("job")
    found = outlook(bench)
    assert (found.is_stuck, found.uninitialized) == (False, 1)


def test_jobs_that_were_terminated_for_good_are_not_counted(bench):
    first = bench.add("first")
    bench.initialize()
    bench.run(first, status=JobStatus.TERMINATED)
    bench.add("new")
    assert outlook(bench).interrupted == 0


def test_a_node_takes_a_job_that_fits_all_that_it_has():
    job = Requirements(num_cpus=4, memory_bytes=8, num_nodes=1, runtime_s=60)
    fits = Capacity(num_cpus=4, memory_bytes=8, num_nodes=1, seconds_left=60)
    assert can_take([fits], [job])
    assert not can_take([replace(fits, seconds_left=59)], [job])
    assert not can_take([], [job])
    assert not can_take([fits], [])


def test_the_time_of_a_node_runs_from_its_start(bench):
    bench.add_node(start_time=TIME, time_limit="PT1H")
    row = bench.conn.execute(tables.compute_node.select().order_by(tables.compute_node.c.id.desc()))
    node = row.first()
    begin_ms = 1_704_067_200_000
    assert capacity_at(node, begin_ms + 60_000).seconds_left == 3540
    assert capacity_at(node, begin_ms + 7_200_000).seconds_left == 0
