"""How long the jobs of a run took: what is known from before and read on is what all rows say."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update

from torc_core.model.result import ResultPatch
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.resources import RESULT
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.resets import reset_workflow_status
from torc_server.rules.runs.times import RunTimes, run_times
from torc_server.storage import tables
from torc_server.storage.recent import RUN_TIMES, Recent

NOW = 1_700_000_000_000

_result, _attempt = tables.result.c, tables.attempt.c


@pytest.fixture
def asked(bench):
    """Return a function that asks, and compares the answer with all rows."""
    bench.conn.info[RUN_TIMES] = Recent(10)

    def ask():
        run_id = bench.workflow().run_id
        minutes = bench.conn.execute(
            select(func.sum(_result.exec_time_minutes)).where(_result.run_id == run_id)
        ).scalar_one()
        begin, end = bench.conn.execute(
            select(func.min(_attempt.claimed_at), func.max(_attempt.ended_at)).where(
                _attempt.run_id == run_id
            )
        ).one()
        found = run_times(bench.conn, bench.workflow())
        assert found == (pytest.approx(minutes or 0.0), end - begin if end else 0)
        return found

    yield ask
    del bench.conn.info[RUN_TIMES]


def moved(bench, job_id, **values):
    bench.conn.execute(update(tables.attempt).where(_attempt.job_id == job_id).values(values))


def test_a_run_without_results_took_no_time(asked):
    assert asked() == RunTimes(0.0, 0)


def test_new_attempts_and_results_are_added_to_those_known(bench, asked):
    jobs = [bench.add(f"j{number}") for number in range(4)]
    bench.initialize()
    bench.claim()
    bench.start(*jobs)
    asked()
    for number, job in enumerate(jobs):
        bench.end(job)
        moved(bench, job, ended_at=NOW + 1000 * (5 - number))
        took = asked()
    assert took.span_ms >= 5000


def test_what_is_read_again_is_what_was_open(bench, asked):
    first, second = bench.add("first"), bench.add("second")
    bench.initialize()
    bench.run(first)
    bench.claim()
    asked()
    bench.end(second)
    moved(bench, first, claimed_at=0, ended_at=NOW * 2)  # as no server does
    assert run_times(bench.conn, bench.workflow()).span_ms < NOW


def test_an_attempt_that_was_lost_may_end_later(bench, asked):
    job, other = bench.add("job"), bench.add("other")
    bench.initialize()
    bench.run(other)
    bench.claim()
    moved(bench, job, ended_at=NOW * 2, outcome=AttemptOutcome.LOST)
    asked()
    moved(bench, job, ended_at=None, outcome=None)
    asked()
    moved(bench, job, ended_at=NOW * 3, outcome=AttemptOutcome.COMPLETED)
    asked()


def test_an_attempt_that_another_connection_saw_first_is_not_forgotten(bench, asked):
    jobs = [bench.add(f"j{number}") for number in range(2)]
    bench.initialize()
    newer = bench.conn.begin_nested()
    bench.claim()
    asked()
    newer.rollback()
    assert asked() == RunTimes(0.0, 0)  # the state in which another connection's read began
    bench.claim()
    bench.end(*jobs)
    moved(bench, jobs[0], ended_at=NOW + 5000)

    assert asked().span_ms >= 5000


def test_changed_and_deleted_results_count_as_they_are_now(bench, asked):
    jobs = [bench.add(f"j{number}") for number in range(3)]
    bench.initialize()
    bench.run(*jobs, status=JobStatus.FAILED)
    asked()
    results = bench.conn.execute(select(_result.id)).scalars().all()
    crud.update(bench.conn, RESULT, results[0], ResultPatch(exec_time_minutes=77.0), now_ms=NOW)
    asked()
    crud.delete(bench.conn, RESULT, results[1])
    asked()
    crud.delete_all(bench.conn, RESULT, bench.workflow_id)
    assert asked().minutes == 0


def test_each_run_has_its_own(bench, asked):
    bench.add("job")
    bench.initialize()
    bench.run(*bench.claimed_ids())
    asked()
    reset_workflow_status(bench.conn, bench.workflow_id, begin_run=True, force=True, now_ms=NOW)
    assert asked() == RunTimes(0.0, 0)


def test_what_is_known_is_not_read_again(bench, asked):
    job = bench.add("job")
    bench.initialize()
    bench.run(job)
    known = asked()
    bench.conn.execute(delete(tables.latest_result))
    bench.conn.execute(delete(tables.result))  # and it is not noted
    assert run_times(bench.conn, bench.workflow()) == known
