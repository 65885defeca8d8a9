"""What follows from changes of status: counters of dependency sets, and completion, once."""

from __future__ import annotations

from server.rules.bench import NOW
from sqlalchemy import select

from torc_core.model.status import JobStatus
from torc_server.rules.attempts.cancel import cancel_job
from torc_server.rules.dependencies.propagation import Change, count_changes
from torc_server.rules.editing import delete_job
from torc_server.rules.jobs import find_job
from torc_server.rules.manual_transitions import manage_status_change
from torc_server.storage import tables
from torc_server.storage.notify import CHANGED_TOPICS, runner_topic

S = JobStatus


def counters(bench):
    sets = tables.dependency_set.c
    return tuple(bench.conn.execute(select(sets.remaining, sets.unsuccessful)).one())


def completions(bench):
    return bench.event_types().count("workflow_completed")


def test_the_counters_of_a_set_follow_its_members_there_and_back(bench):
    one, two = bench.add("one"), bench.add("two")
    bench.add("after", after=[one, two])
    bench.initialize()
    [set_id] = bench.conn.execute(select(tables.dependency_set.c.id)).scalars()
    assert counters(bench) == (2, 0)
    ended = [Change(one, S.RUNNING, S.FAILED), Change(two, S.RUNNING, S.CANCELED)]
    assert count_changes(bench.conn, ended) == [(set_id, 2)]
    assert counters(bench) == (0, 2)
    assert count_changes(bench.conn, [Change(one, S.FAILED, S.READY)]) == []
    assert counters(bench) == (1, 1)
    count_changes(bench.conn, [Change(one, S.READY, S.COMPLETED)])
    count_changes(bench.conn, [Change(two, S.CANCELED, S.TERMINATED)])
    assert counters(bench) == (0, 1)


def test_completion_is_recorded_once_whatever_changes_afterwards(bench):
    one, two = bench.add("one"), bench.add("two")
    bench.initialize()
    bench.run(one, two)
    assert completions(bench) == 1
    delete_job(bench.conn, two, now_ms=NOW)
    assert completions(bench) == 1


def test_completion_is_recorded_again_after_a_completed_job_ran_again(bench):
    job = bench.add("job")
    bench.initialize()
    bench.run(job)
    manage_status_change(bench.conn, job, S.READY, 0, now_ms=NOW)
    assert completions(bench) == 1
    bench.run(job)
    assert completions(bench) == 2


def test_a_workflow_completes_when_its_last_job_is_canceled(bench):
    job = bench.add("job")
    bench.initialize()
    cancel_job(bench.conn, find_job(bench.conn, job), run_id=0, now_ms=NOW)
    assert completions(bench) == 1


def test_a_retry_wakes_runners_that_wait_for_work_and_a_completion_does_not(bench):
    one, two = bench.add("one"), bench.add("two")
    bench.add("blocked", after=[one, two])
    bench.initialize()
    bench.claim()
    topics = bench.conn.info[CHANGED_TOPICS]
    topics.clear()
    bench.end(one)
    assert topics == {bench.workflow_id}
    bench.end(two, status=S.FAILED, retry=True)
    assert topics == {bench.workflow_id, runner_topic(bench.workflow_id)}
