"""Attempts that were lost with the guard of their runner: recorded, counted, and tried again."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, TIME
from server.rules.test_adoption import job_row, sign_off
from server.rules.test_losses import MINUTE_MS, STARTED, latest, results, run

from torc_core.clock import utc_text
from torc_core.model.exchange import JobRelease, JobStart
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.resources import COMPUTE_NODE
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables


@pytest.fixture
def job(bench):
    number = bench.add("job")
    bench.initialize()
    return number


def release(bench, job, *, is_lost, **turn):
    """Release a job on a node that has started it, and return the outcome."""
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=TIME)
    released = JobRelease(job_id=job, token=bench.tokens[job], is_lost=is_lost)
    (outcome,) = bench.turn(starts=[start], releases=[released], **turn).outcomes
    return outcome.result


def lose(bench, job):
    bench.claim()
    return release(bench, job, is_lost=True)


def find_lost(bench, job, before, **turn):
    """Let the next runner of a machine find a guard gone, whose runner is dead as well."""
    node = bench.add_node()
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=STARTED)
    lost = JobRelease(job_id=job, token=bench.tokens[job], is_lost=True)
    reply = bench.turn(
        node_id=node, seq=1, starts=[start], releases=[lost], replaces=[before], **turn
    )
    return node, reply


def lost_before(bench):
    (claimed,) = bench.claim().jobs
    return claimed.lost_attempts


def attempt_of(bench, job):
    attempts = tables.attempt
    query = attempts.select().where(attempts.c.job_id == job).order_by(attempts.c.token.desc())
    return bench.conn.execute(query).first()


# What is recorded.


def test_it_is_recorded_and_its_job_runs_again_with_all_its_retries(bench, job):
    assert lose(bench, job) == "ok"
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert latest(bench) == (1, LOST_RETURN_CODE)
    after = job_row(bench, job)
    assert (after.attempt_id, after.uncounted_attempts, after.compute_node_id) == (2, 1, None)
    assert after.started_at is None
    assert bench.event_types()[-3:] == ["job_started", "job_lost", "job_ready"]
    (claimed,) = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)


def test_it_has_ended_now_on_the_node_that_says_so(bench, job):
    node = run(bench, job)
    nodes = tables.compute_node
    bench.conn.execute(nodes.update().values(last_seen_at=NOW - MINUTE_MS))
    assert release(bench, job, is_lost=True, node_id=node, seq=9) == "ok"
    [row] = bench.conn.execute(tables.result.select()).all()
    assert (row.compute_node_id, row.exec_time_minutes) == (node, 3.0)
    assert row.completion_time == utc_text(NOW)


def test_the_next_runner_that_finds_it_records_it_where_it_ran(bench, job):
    before = run(bench, job)
    nodes = tables.compute_node
    seen = nodes.update().where(nodes.c.id == before).values(last_seen_at=NOW - MINUTE_MS)
    bench.conn.execute(seen)

    _, reply = find_lost(bench, job, before)

    assert ([each.result for each in reply.outcomes], reply.kill) == (["ok"], [])
    [row] = bench.conn.execute(tables.result.select()).all()
    assert (row.return_code, row.compute_node_id) == (LOST_RETURN_CODE, before)
    assert (row.exec_time_minutes, row.completion_time) == (2.0, utc_text(NOW - MINUTE_MS))
    assert bench.statuses() == {"job": "ready"}
    assert attempt_of(bench, job).outcome == "guard_lost"
    kinds = bench.event_types()
    assert kinds.count("job_lost") == 1
    assert "job_adopted" not in kinds


def test_the_next_runner_that_finds_it_knows_that_it_had_started(bench, job):
    before = bench.add_node()
    bench.claim(node_id=before, seq=1)  # and was killed before it could say more
    find_lost(bench, job, before)
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    [(_, started)] = [each for each in bench.events() if each[0] == "job_started"]
    assert started["compute_node_id"] == before


def test_what_the_server_took_for_lost_before_it_had_started_is_recorded_later(bench, job):
    before = bench.add_node()
    bench.claim(node_id=before, seq=1)
    sign_off(bench, before)
    assert results(bench) == []
    find_lost(bench, job, before)
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    (claimed,) = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)


def test_of_what_was_lost_with_a_node_that_is_deleted_nothing_can_be_recorded(bench, job):
    before = bench.add_node()
    bench.claim(node_id=before, seq=1)
    sign_off(bench, before)
    crud.delete(bench.conn, COMPUTE_NODE, before)
    _, reply = find_lost(bench, job, before)
    assert [each.result for each in reply.outcomes] == ["ok"]
    assert (results(bench), bench.statuses()) == ([], {"job": "ready"})
    assert bench.claim().jobs[0].job.attempt_id == 2


def test_a_repeated_release_is_known(bench, job):
    lose(bench, job)
    assert release(bench, job, is_lost=True) == "duplicate"
    before = bench.node_id
    _, reply = find_lost(bench, job, before)
    assert [each.result for each in reply.outcomes] == ["duplicate"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert job_row(bench, job).attempt_id == 2


def test_a_release_after_another_claim_changes_nothing(bench, job):
    before = run(bench, job)
    old = bench.tokens[job]
    sign_off(bench, before)
    run(bench, job)
    lost = JobRelease(job_id=job, token=old, is_lost=True)
    reply = bench.turn(node_id=bench.add_node(), seq=1, releases=[lost])
    assert [each.result for each in reply.outcomes] == ["fenced"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert bench.statuses() == {"job": "running"}


def test_its_end_cannot_be_reported_any_more(bench, job):
    lose(bench, job)
    assert bench.end(job) == ["illegal"]
    bench.claim()
    assert bench.end(job, token=1) == ["fenced"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert bench.statuses() == {"job": "pending"}


@pytest.mark.parametrize("undo", [cancel_workflow, reset_job_status])
def test_what_was_to_be_stopped_leaves_no_result(bench, job, undo):
    before = run(bench, job)
    undo(bench.conn, bench.workflow_id, now_ms=NOW)
    status = bench.statuses()
    find_lost(bench, job, before)
    assert results(bench) == []
    assert bench.statuses() == status
    assert attempt_of(bench, job).ended_at == NOW


def test_what_was_released_unstarted_leaves_no_result(bench, job):
    bench.claim()
    released = JobRelease(job_id=job, token=bench.tokens[job])
    before = bench.event_types()
    assert [each.result for each in bench.turn(releases=[released]).outcomes] == ["ok"]
    assert results(bench) == []
    assert (job_row(bench, job).attempt_id, bench.statuses()) == (1, {"job": "ready"})
    assert bench.event_types() == before


# How many are too many.


def test_losses_with_guards_and_with_nodes_count_together(bench, job):
    bench.add("after", [job])
    bench.initialize()
    for number in range(1, LOST_ATTEMPTS_LIMIT):
        before = run(bench, job)
        if number % 2:
            sign_off(bench, before)
        else:
            find_lost(bench, job, before)
    assert bench.statuses() == {"job": "ready", "after": "blocked"}

    find_lost(bench, job, run(bench, job))

    assert bench.statuses() == {"job": "failed", "after": "canceled"}
    assert [attempt for attempt, *_ in results(bench)] == [1, 2, 3, 4, 5]
    assert job_row(bench, job).attempt_id == LOST_ATTEMPTS_LIMIT
    assert "workflow_completed" in bench.event_types()


def test_the_last_loss_is_reported_twice_and_known(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
    assert release(bench, job, is_lost=True) == "duplicate"
    assert bench.statuses() == {"job": "failed"}
    assert len(results(bench)) == LOST_ATTEMPTS_LIMIT


# What the next claim says: such a job gets a guard of its own.


def test_attempts_lost_in_a_row_are_counted(bench):
    job, _ = bench.add("job"), bench.add("beside")
    bench.initialize()
    for count in (0, 1, 2):
        found = {claimed.job.id: claimed.lost_attempts for claimed in bench.claim().jobs}
        assert found[job] == count
        assert release(bench, job, is_lost=True) == "ok"
    assert bench.claim().jobs[0].job.attempt_id == 4


def test_attempts_lost_with_their_nodes_are_not(bench, job):
    sign_off(bench, run(bench, job))
    assert lost_before(bench) == 0


def test_a_repeated_claim_says_the_same(bench, job):
    lose(bench, job)
    assert lost_before(bench) == 1
    (again,) = bench.claim(seq=bench.seq).jobs
    assert again.lost_attempts == 1


def test_a_job_that_was_released_unstarted_keeps_the_count(bench, job):
    lose(bench, job)
    bench.claim()
    bench.turn(releases=[JobRelease(job_id=job, token=bench.tokens[job])])
    assert lost_before(bench) == 1


def test_the_count_begins_anew_with_every_attempt_that_ends(bench, job):
    lose(bench, job)
    bench.claim()
    bench.end(job, status=JobStatus.FAILED, retry=True)
    assert lost_before(bench) == 0


def test_the_count_begins_anew_with_every_run(bench, job):
    lose(bench, job)
    bench.conn.execute(tables.workflow.update().values(run_id=1))
    bench.initialize()
    assert lost_before(bench) == 0
