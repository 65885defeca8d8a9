"""A runner that was silent for longer than its lease, and is back."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, PLENTY, TIME
from server.rules.test_adoption import job_row
from server.rules.test_leases import LATER, expire

from torc_core.model.exchange import Exchange, JobStart, WorkRequest
from torc_core.model.records.workflow_run import RunKind, RunStatus, StartRequest
from torc_core.model.result import LOST_RETURN_CODE
from torc_server.rules.attempts.exchange import answer_waiting
from torc_server.rules.attempts.lost.leases import Silence, expire_leases
from torc_server.rules.resets import reset_job_status
from torc_server.rules.runs.records import create_run, get_run
from torc_server.storage import tables

WORK = WorkRequest(resources=PLENTY, max_jobs=10)


@pytest.fixture
def lost(bench):
    """A job whose runner counts as lost while the job's process goes on."""
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    expire(bench)
    return job


def starts(bench, *jobs, token=None):
    return [JobStart(job_id=job, token=token or bench.tokens[job], start_time=TIME) for job in jobs]


def is_active(bench):
    node = tables.compute_node
    row = bench.conn.execute(node.select().where(node.c.id == bench.node_id)).one()
    return row.is_active


def test_it_gets_no_jobs_until_it_has_reported_what_runs(bench, lost):
    for seq in (8, 8, 9):
        reply = bench.turn(seq=seq, work=WORK)
        assert (reply.is_lost, reply.jobs) == (True, [])
    reply = bench.turn(seq=10, starts=starts(bench, lost), returns=True, work=WORK)
    assert not reply.is_lost
    assert is_active(bench)


def test_it_goes_on_with_what_no_other_runner_was_given(bench, lost):
    token = job_row(bench, lost).token
    reply = bench.turn(starts=starts(bench, lost), returns=True)
    after = job_row(bench, lost)
    assert reply.kill == []
    assert bench.statuses() == {"job": "running"}
    assert (after.token, after.attempt_id, after.uncounted_attempts) == (token, 1, 0)
    assert bench.count(tables.result) == 0
    assert after.compute_node_id == bench.node_id
    assert bench.claim(node_id=bench.add_node(), seq=1).jobs == []
    assert bench.end(lost) == ["ok"]
    assert bench.statuses() == {"job": "completed"}


def test_a_repeated_return_gets_the_same_answer(bench, lost):
    old = bench.tokens[lost]
    bench.claim(1, node_id=bench.add_node(), seq=1)
    for _ in range(2):
        reply = bench.turn(seq=9, starts=starts(bench, lost, token=old), returns=True)
        assert (reply.kill, reply.is_lost) == ([lost], False)
    assert bench.event_types().count("compute_node_started") == 1
    assert bench.statuses() == {"job": "pending"}


def test_what_another_runner_was_given_is_to_be_stopped_and_its_end_is_kept(bench, lost):
    old = bench.tokens[lost]
    bench.claim(node_id=bench.add_node(), seq=1)
    reply = bench.turn(starts=starts(bench, lost, token=old), returns=True)
    assert reply.kill == [lost]
    assert bench.end(lost, token=old) == ["fenced"]
    assert bench.statuses() == {"job": "pending"}
    [kept] = bench.conn.execute(tables.result.select()).all()
    assert (kept.attempt_id, kept.return_code) == (1, LOST_RETURN_CODE)
    assert bench.event_types().count("late_result") == 1


def test_what_was_reset_meanwhile_is_to_be_stopped(bench, lost):
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    reply = bench.turn(starts=starts(bench, lost), returns=True)
    assert reply.kill == [lost]
    assert bench.statuses() == {"job": "uninitialized"}


def test_what_it_reports_before_it_is_back_is_held_by_no_node(bench, lost):
    reply = bench.turn(starts=starts(bench, lost))
    assert (reply.is_lost, reply.kill) == (True, [])
    assert bench.statuses() == {"job": "ready"}


def test_its_jobs_are_lost_again_when_it_falls_silent_again(bench, lost):
    bench.turn(starts=starts(bench, lost), returns=True)
    assert expire_leases(bench.conn, Silence(LATER, LATER), now_ms=LATER) == [bench.node_id]
    assert bench.statuses() == {"job": "ready"}


def test_a_runner_that_counts_as_lost_while_it_listens_learns_it_at_once(bench, lost):
    listening = Exchange(seq=bench.seq, work=WORK, wait_seconds=10.0)
    answer = answer_waiting(bench.conn, bench.node_id, listening, now_ms=NOW)
    assert (answer.has_news, answer.reply.is_lost) == (True, True)


def test_its_return_is_recorded_as_events(bench, lost):
    bench.turn(starts=starts(bench, lost), returns=True)
    (node, node_data), (job, job_data) = bench.events()[-2:]
    assert (node, node_data["compute_node_id"]) == ("compute_node_started", bench.node_id)
    assert (job, job_data["job_id"]) == ("job_adopted", lost)
    assert job_data["previous_node_id"] == job_data["compute_node_id"] == bench.node_id


def test_the_record_of_its_run_goes_on(bench):
    request = StartRequest(user="u", key="k")
    run_id = create_run(
        bench.conn, bench.workflow(), request, RunKind.START, RunStatus.RUNNING, now_ms=NOW
    )
    run = tables.workflow_run
    bench.conn.execute(run.update().values(compute_node_id=bench.node_id))
    bench.turn()
    expire(bench)
    assert get_run(bench.conn, run_id, now_ms=NOW).status == RunStatus.LOST
    bench.turn(returns=True)
    found = get_run(bench.conn, run_id, now_ms=NOW)
    assert (found.status, found.ended_at, found.reason) == (RunStatus.RUNNING, None, None)
