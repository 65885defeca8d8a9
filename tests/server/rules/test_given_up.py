"""What owners give up is recorded as lost if it ran: by a forced resume, and by initializing."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW
from server.rules.test_adoption import job_row
from server.rules.test_losses import MINUTE_MS, latest, results, run
from server.rules.test_resume import COLD, HOT, resume
from server.rules.test_starts import report, runs, start
from sqlalchemy import update

from torc_core.clock import utc_text
from torc_core.model.compute import ComputeNodePatch
from torc_core.model.records.workflow_run import RunStatus
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.resources import COMPUTE_NODE
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.attempts.client_reports import complete_job, start_job
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables

SILENT = NOW - 2 * MINUTE_MS


@pytest.fixture
def job(bench):
    number = bench.add("job")
    start(bench)
    return number


def fall_silent(bench, job):
    node = run(bench, job)
    nodes = tables.compute_node
    silent = {"last_seen_at": SILENT, "suspect_at": NOW}
    bench.conn.execute(update(nodes).where(nodes.c.id == node).values(silent))
    return node


def start_as_client(bench, job, node):
    """Claim and start a job as the reference's clients do."""
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    start_job(bench.conn, job, bench.workflow().run_id, node, now_ms=NOW)


def leave(bench, job):
    """Let a client of the reference start a job and deregister while it is running."""
    node = bench.add_node()
    start_as_client(bench, job, node)
    crud.update(bench.conn, COMPUTE_NODE, node, ComputeNodePatch(is_active=False), now_ms=NOW)
    return node


# A forced resume.


@pytest.mark.parametrize("kind", [HOT, COLD])
def test_what_a_forced_resume_gives_up_ran_until_its_last_heartbeat(bench, job, kind):
    node = fall_silent(bench, job)
    first = bench.workflow().run_id
    resume(bench, kind, force_cleanup=True, now_ms=NOW)
    assert results(bench) == [(1, "terminated", LOST_RETURN_CODE)]
    [row] = bench.conn.execute(tables.result.select()).all()
    assert (row.run_id, row.compute_node_id, row.exec_time_minutes) == (first, node, 1.0)
    assert row.completion_time == utc_text(SILENT)
    kinds = bench.event_types()
    assert [kinds.count(name) for name in ("job_lost", "job_terminated")] == [1, 1]
    assert bench.statuses() == {"job": "ready"}


def test_a_late_end_of_what_was_given_up_is_kept_beside_its_result(bench, job):
    node = fall_silent(bench, job)
    old = bench.tokens[job]
    resume(bench, HOT, force_cleanup=True, now_ms=NOW)
    reply = bench.turn(node_id=node, seq=9, ends=[bench.ending(job, token=old)])
    assert [each.result for each in reply.outcomes] == ["fenced"]
    assert bench.event_types()[-2:] == ["late_result", "compute_node_heard"]
    assert results(bench) == [(1, "terminated", LOST_RETURN_CODE)]


def test_what_a_user_gave_up_is_not_held_against_the_job(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT + 1):
        fall_silent(bench, job)
        resumed = resume(bench, HOT, force_cleanup=True, now_ms=NOW).run
        assert bench.statuses() == {"job": "ready"}
        report(bench, resumed, RunStatus.FAILED)
    assert [attempt for attempt, *_ in results(bench)] == [1, 2, 3, 4, 5, 6]
    (claimed,) = bench.claim(node_id=bench.add_node(), seq=1).jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (7, 1)


def test_what_waits_for_a_job_that_was_given_up_goes_on_waiting(bench):
    job = bench.add("job")
    bench.add("after", [job])
    start(bench)
    fall_silent(bench, job)
    resume(bench, COLD, force_cleanup=True, now_ms=NOW)
    assert bench.statuses() == {"job": "ready", "after": "blocked"}
    assert "workflow_completed" not in bench.event_types()


def test_the_runner_of_a_run_that_is_known_to_be_gone_has_lost_what_it_ran(bench):
    job = bench.add("job")
    run_record = start(bench).run
    node = run(bench, job)
    table = tables.workflow_run
    bench.conn.execute(update(table).values(compute_node_id=node, status="running"))
    resume(bench, COLD, gone_run_ids=[run_record.id], now_ms=NOW)
    assert results(bench) == [(1, "terminated", LOST_RETURN_CODE)]
    assert runs(bench)[0].status == "lost"


def test_what_was_claimed_only_or_to_be_stopped_leaves_no_result(bench):
    claimed, stopped = bench.add("claimed"), bench.add("stopped", priority=1)
    start(bench)
    run(bench, stopped)
    bench.claim(node_id=bench.add_node(last_seen_at=NOW), seq=1)
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    resume(bench, COLD, force_cleanup=True, now_ms=NOW)
    assert results(bench) == []
    assert job_row(bench, claimed).attempt_id == 1


def test_a_client_without_tokens_may_still_report_what_was_given_up(bench, job):
    node = bench.add_node()
    start_as_client(bench, job, node)
    resume(bench, HOT, force_cleanup=True, now_ms=NOW)
    assert (results(bench), bench.statuses()) == ([], {"job": "ready"})
    result = bench.result(job, node, JobStatus.COMPLETED, 0)
    complete_job(bench.conn, job, JobStatus.COMPLETED, result.run_id, result, now_ms=NOW)
    assert bench.statuses() == {"job": "completed"}


# Initializing.


def test_what_a_deregistered_client_has_left_running_is_lost(bench, job):
    bench.add("after", [job])
    bench.initialize()
    node = leave(bench, job)
    assert (results(bench), bench.statuses()["job"]) == ([], "running")

    bench.initialize()

    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    [row] = bench.conn.execute(tables.result.select()).all()
    assert (row.compute_node_id, row.exec_time_minutes) == (node, 0.0)
    assert bench.statuses() == {"job": "ready", "after": "blocked"}
    assert bench.event_types().count("job_lost") == 1
    (claimed,) = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)
    bench.end(job)
    assert latest(bench) == (2, 0)


@pytest.mark.parametrize("reset", [False, True])
def test_a_later_initialization_records_nothing_more(bench, job, reset):
    leave(bench, job)
    bench.initialize()
    if reset:
        reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]


def test_an_owner_may_initialize_a_job_however_often_it_was_lost(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT + 1):
        leave(bench, job)
        bench.initialize()
        assert bench.statuses() == {"job": "ready"}
    assert len(results(bench)) == LOST_ATTEMPTS_LIMIT + 1


def test_what_a_client_has_claimed_only_or_still_runs_leaves_no_result(bench):
    running = bench.add("running", priority=1)
    bench.add("claimed")
    start(bench)
    start_as_client(bench, running, bench.node_id)
    bench.initialize()
    assert results(bench) == []
    assert bench.statuses() == {"running": "running", "claimed": "ready"}


def test_a_client_that_reported_before_it_deregistered_has_nothing_lost(bench, job):
    node = leave(bench, job)
    result = bench.result(job, node, JobStatus.FAILED, 7)
    complete_job(bench.conn, job, JobStatus.FAILED, result.run_id, result, now_ms=NOW)
    bench.initialize()
    assert (results(bench), bench.statuses()) == ([(1, "failed", 7)], {"job": "failed"})


def test_initializing_only_what_is_uninitialized_takes_nothing_back(bench, job):
    leave(bench, job)
    bench.initialize(only_uninitialized=True)
    assert (results(bench), bench.statuses()) == ([], {"job": "running"})
