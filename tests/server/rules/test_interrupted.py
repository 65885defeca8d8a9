"""Jobs that their runner had to stop: terminated, and to be resumed; others wait for them."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW
from sqlalchemy import insert

from torc_core.model.status import JobStatus
from torc_server.records.workflows import get_workflow_status
from torc_server.rules.completion_status import is_complete
from torc_server.rules.manual_transitions import manage_status_change, retry_job
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables


def interrupt(bench, *jobs):
    bench.claim()
    bench.start(*jobs)
    assert bench.end(*jobs, status=JobStatus.TERMINATED, interrupted=True) == ["ok"] * len(jobs)


def completeness(bench):
    said = is_complete(bench.conn, bench.workflow_id).is_complete
    assert get_workflow_status(bench.conn, bench.workflow_id).is_complete is said
    return said


def add_action(bench, trigger, *jobs):
    values = {
        "workflow_id": bench.workflow_id,
        "trigger_type": trigger,
        "action_type": "run_commands",
        "action_config": {"commands": ["true"]},
        "required_triggers": max(len(jobs), 1),
    }
    action = tables.workflow_action
    action_id = bench.conn.execute(insert(action).values(values)).inserted_primary_key[0]
    for job in jobs:
        member = {"action_id": action_id, "job_id": job}
        bench.conn.execute(insert(tables.workflow_action_job).values(member))
    return action_id


def is_due(bench, action_id):
    action = tables.workflow_action
    row = bench.conn.execute(action.select().where(action.c.id == action_id)).one()
    return row.trigger_count >= row.required_triggers


def test_dependents_wait_whatever_they_think_of_failures(bench):
    first = bench.add("first")
    bench.add("minds", [first])
    bench.add("goes on", [first], cancel_on_blocking_job_failure=False)
    bench.initialize()
    interrupt(bench, first)

    assert bench.statuses() == {"first": "terminated", "minds": "blocked", "goes on": "blocked"}
    assert not completeness(bench)


def test_a_job_that_was_ended_for_a_reason_of_its_own_cancels_them(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    bench.run(first, status=JobStatus.TERMINATED)

    assert bench.statuses() == {"first": "terminated", "second": "canceled"}
    assert completeness(bench)


def test_the_workflow_is_not_complete_and_nothing_is_due(bench):
    first, second = bench.add("first"), bench.add("second")
    actions = [
        add_action(bench, "on_jobs_complete", first, second),
        add_action(bench, "on_workflow_complete"),
    ]
    bench.initialize()
    bench.claim()
    bench.end(second)
    assert bench.end(first, status=JobStatus.TERMINATED, interrupted=True) == ["ok"]

    assert not completeness(bench)
    assert "workflow_completed" not in bench.event_types()
    assert [is_due(bench, action) for action in actions] == [False, False]
    bench.initialize()
    bench.run(first)
    assert [is_due(bench, action) for action in actions] == [True, True]
    assert bench.event_types().count("workflow_completed") == 1


def test_its_result_is_kept_and_its_next_attempt_is_no_retry(bench):
    job = bench.add("job")
    bench.initialize()
    interrupt(bench, job)
    assert bench.count(tables.result) == 1

    bench.initialize()
    [claimed] = bench.claim().jobs

    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)
    bench.end(job)
    assert bench.count(tables.result) == 2


def test_it_is_initialized_with_what_is_new_as_well(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    interrupt(bench, first)
    bench.initialize(only_uninitialized=True)

    assert bench.statuses() == {"first": "ready", "second": "blocked"}
    bench.run(first)
    assert bench.statuses()["second"] == "ready"


def test_a_retry_by_hand_leaves_the_counters_right(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    interrupt(bench, first)
    retry_job(bench.conn, first, 0, 5, now_ms=NOW)
    assert bench.statuses() == {"first": "ready", "second": "blocked"}
    bench.run(first)
    assert bench.statuses() == {"first": "completed", "second": "ready"}


def test_a_reset_by_hand_leaves_the_counters_right(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    interrupt(bench, first)
    manage_status_change(bench.conn, first, JobStatus.UNINITIALIZED, 0, now_ms=NOW)
    bench.initialize(only_uninitialized=True)
    bench.run(first)
    assert bench.statuses() == {"first": "completed", "second": "ready"}


def test_a_later_end_for_a_reason_of_its_own_counts_as_one(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    interrupt(bench, first)
    bench.initialize()
    bench.run(first, status=JobStatus.TERMINATED)
    assert bench.statuses() == {"first": "terminated", "second": "canceled"}


def test_a_reset_of_what_failed_takes_it_with_all_that_waits(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    interrupt(bench, first)
    reset_job_status(bench.conn, bench.workflow_id, failed_only=True, now_ms=NOW)
    assert set(bench.statuses().values()) == {"uninitialized"}


def test_only_a_termination_is_an_interruption(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    bench.claim()
    bench.end(first, status=JobStatus.FAILED, interrupted=True)
    assert bench.statuses() == {"first": "failed", "second": "canceled"}


@pytest.mark.parametrize(
    ("kind", "num_cpus", "status"),
    [("slurm", 8, "ready"), ("slurm", 0, "terminated"), ("local", 8, "terminated")],
    ids=["allocation", "caretaker", "own machine"],
)
def test_an_allocation_that_is_started_again_goes_on_where_it_was(bench, kind, num_cpus, status):
    job = bench.add("job")
    bench.add("after", [job])
    bench.initialize()
    bench.node_id = before = bench.add_node(compute_node_type=kind)
    interrupt(bench, job)
    other = bench.add_node(compute_node_type=kind, num_cpus=num_cpus)
    bench.turn(node_id=other, seq=1, replaces=[before])
    assert bench.statuses() == {"job": status, "after": "blocked"}
    if status == "ready":
        [claimed] = bench.claim(node_id=other, seq=2).jobs
        assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)


def test_it_leaves_alone_what_another_allocation_had_to_stop(bench):
    job = bench.add("job")
    bench.initialize()
    before = bench.add_node(compute_node_type="slurm")
    bench.node_id = bench.add_node(compute_node_type="slurm")
    interrupt(bench, job)
    bench.turn(node_id=bench.add_node(compute_node_type="slurm"), seq=1, replaces=[before])
    assert bench.statuses() == {"job": "terminated"}
