"""Attempts that were lost with the guard of their runner: the next claim says how many."""

from __future__ import annotations

from torc_core.model.exchange import JobRelease
from torc_core.model.status import JobStatus
from torc_server.storage import tables


def release(bench, job, *, is_lost):
    bench.start(job)
    released = JobRelease(job_id=job, token=bench.tokens[job], is_lost=is_lost)
    (outcome,) = bench.turn(releases=[released]).outcomes
    return outcome.result


def lost_before(bench):
    (claimed,) = bench.claim().jobs
    return claimed.lost_attempts


def test_attempts_lost_in_a_row_are_counted(bench):
    job, _ = bench.add("job"), bench.add("beside")
    bench.initialize()
    for count in (0, 1, 2):
        found = {claimed.job.id: claimed.lost_attempts for claimed in bench.claim().jobs}
        assert found[job] == count
        assert release(bench, job, is_lost=True) == "ok"
    assert bench.claim().jobs[0].job.attempt_id == 4


def test_a_repeated_claim_says_the_same(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release(bench, job, is_lost=True)
    assert lost_before(bench) == 1
    (again,) = bench.claim(seq=bench.seq).jobs
    assert again.lost_attempts == 1


def test_a_repeated_release_is_known(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release(bench, job, is_lost=True)
    assert release(bench, job, is_lost=True) == "duplicate"


def test_a_job_that_was_released_unstarted_keeps_the_count(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release(bench, job, is_lost=True)
    bench.claim()
    release(bench, job, is_lost=False)
    assert lost_before(bench) == 1


def test_the_count_begins_anew_with_every_attempt_that_ends(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release(bench, job, is_lost=True)
    bench.claim()
    bench.end(job, status=JobStatus.FAILED, retry=True)
    assert lost_before(bench) == 0


def test_the_count_begins_anew_with_every_run(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    release(bench, job, is_lost=True)
    bench.conn.execute(tables.workflow.update().values(run_id=1))
    bench.initialize()
    assert lost_before(bench) == 0
