"""Resuming: what has not completed runs again; of two clients at once, one wins."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, TIME
from server.rules.test_interrupted import interrupt
from server.rules.test_starts import PROCESS, report, runs, start
from sqlalchemy import update

from torc_core.errors import ConflictError, UsageError
from torc_core.model.compute import ComputeNodePatch
from torc_core.model.exchange import JobStart
from torc_core.model.records.workflow_run import ResumeRequest, RunKind, RunStatus
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.resources import COMPUTE_NODE
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.attempts.lost.leases import Silence, suspect_silent
from torc_server.rules.runs.resume import resume_workflow
from torc_server.rules.workflows import archive_workflow
from torc_server.storage import tables

HOT, COLD = RunKind.HOT_RESUME, RunKind.COLD_RESUME
SOON = NOW + 60_000


def resume(bench, kind=HOT, *, user="u", now_ms=SOON, **fields):
    request = ResumeRequest(user=user, kind=kind, **fields)
    return resume_workflow(bench.conn, bench.workflow_id, request, now_ms=now_ms)


def begin(bench, run, node=None):
    return report(bench, run, RunStatus.RUNNING, compute_node_id=node or bench.node_id)


def sign_off(bench, node):
    gone = ComputeNodePatch(is_active=False)
    crud.update(bench.conn, COMPUTE_NODE, node, gone, now_ms=SOON)


def make_failures(bench):
    """Leave jobs in every status that a resume is to see, with one that runs; return that one."""
    jobs = {name: bench.add(name) for name in ("done", "failed", "stopped", "limited", "running")}
    bench.add("after failed", [jobs["failed"]])
    bench.add("after limited", [jobs["limited"]])
    bench.add("after stopped", [jobs["stopped"]])
    bench.add("after running", [jobs["running"]])
    off = bench.add("off")
    disabled = tables.job.update().where(tables.job.c.id == off)
    bench.conn.execute(disabled.values(status=JobStatus.DISABLED.number))
    run = start(bench).run
    begin(bench, run)
    bench.claim()
    bench.start(*jobs.values())
    bench.end(jobs["done"])
    bench.end(jobs["failed"], status=JobStatus.FAILED)
    bench.end(jobs["limited"], status=JobStatus.TERMINATED)
    bench.end(jobs["stopped"], status=JobStatus.TERMINATED, interrupted=True)
    return jobs["running"]


RESUMED = {
    "done": "completed",
    "failed": "ready",
    "stopped": "ready",
    "limited": "ready",
    "after failed": "blocked",
    "after limited": "blocked",
    "after stopped": "blocked",
    "after running": "blocked",
    "off": "disabled",
}


# Hot.


def test_a_hot_resume_leaves_what_runs_and_takes_up_the_rest(bench):
    running = make_failures(bench)
    before = bench.conn.execute(tables.job.select().where(tables.job.c.id == running)).one()

    reply = resume(bench)

    assert bench.statuses() == RESUMED | {"running": "running"}
    assert (reply.waiting_jobs, reply.settled_jobs) == (0, 0)
    assert (reply.run.status, reply.run.kind, reply.run.run_id) == ("pending", "hot_resume", 1)
    after = bench.conn.execute(tables.job.select().where(tables.job.c.id == running)).one()
    assert after == before
    assert bench.turn().shutdown is None
    assert bench.end(running) == ["ok"]


def test_jobs_that_are_resumed_have_all_their_retries_again(bench):
    job = bench.add("job")
    start(bench)
    for _ in range(2):
        bench.claim()
        bench.start(job)
        bench.end(job, status=JobStatus.FAILED, retry=True)
    bench.run(job, status=JobStatus.FAILED)
    resume(bench)
    [claimed] = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (4, 1)


def test_what_goes_on_after_failures_waits_again_unless_it_has_begun(bench):
    failing = bench.add("failing")
    for name in ("begun", "not begun"):
        bench.add(name, [failing], cancel_on_blocking_job_failure=False)
    bench.add("other")
    start(bench)
    bench.claim(1)
    bench.end(failing, status=JobStatus.FAILED)
    bench.claim(1)

    assert resume(bench).resumed_jobs == 2

    assert bench.statuses() == {
        "failing": "ready",
        "begun": "pending",
        "not begun": "blocked",
        "other": "ready",
    }


def test_a_canceled_workflow_goes_on(bench):
    first = bench.add("first")
    bench.add("second", [first])
    start(bench)
    bench.claim()
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.end(first, status=JobStatus.CANCELED)

    resume(bench)

    assert not bench.workflow().is_canceled
    assert bench.statuses() == {"first": "ready", "second": "blocked"}


def test_a_workflow_without_anything_left_is_complete_at_once(bench):
    job = bench.add("job")
    start(bench)
    bench.run(job)
    reply = resume(bench)
    assert reply.resumed_jobs == 0
    assert bench.statuses() == {"job": "completed"}
    assert bench.event_types().count("workflow_completed") == 1


def test_a_hot_resume_executes_no_action_again_and_a_cold_one_does(bench):
    action = tables.workflow_action
    values = {
        "workflow_id": bench.workflow_id,
        "trigger_type": "on_workflow_start",
        "action_type": "run_commands",
        "action_config": {"commands": ["true"]},
        "required_triggers": 1,
        "executed": True,
    }
    bench.add("job")
    start(bench)
    bench.conn.execute(action.insert().values(values))
    resume(bench, HOT)
    assert bench.conn.execute(action.select()).one().executed
    report(bench, runs(bench)[-1], RunStatus.FAILED)
    resume(bench, COLD, now_ms=SOON + 100_000)
    assert not bench.conn.execute(action.select()).one().executed


# Cold.


def test_a_cold_resume_waits_until_the_jobs_have_ended(bench):
    running = make_failures(bench)
    [old] = runs(bench)

    reply = resume(bench, COLD, key="k")

    assert (reply.waiting_jobs, reply.run.status) == (1, "resuming")
    assert bench.statuses()["running"] == "running"
    told = bench.claim()
    assert (told.shutdown, told.jobs) == ("stop", [])
    assert "resumed by u" in told.shutdown_reason
    assert resume(bench, COLD, key="k").waiting_jobs == 1
    bench.end(running, status=JobStatus.TERMINATED, interrupted=True)

    reply = resume(bench, COLD, key="k")

    assert (reply.waiting_jobs, reply.run.status, reply.run.run_id) == (0, "pending", 2)
    assert bench.statuses() == RESUMED | {"running": "ready"}
    [replaced] = [run for run in runs(bench) if run.id == old.id]
    assert (replaced.status, replaced.reason) == (
        "replaced",
        f"replaced by run record {reply.run.id}",
    )
    assert resume(bench, COLD, key="k").run == reply.run
    ended = report(bench, old, RunStatus.INTERRUPTED, exit_code=143)
    assert (ended.status, ended.exit_code) == ("replaced", 143)


def test_nothing_is_claimed_or_started_while_it_waits(bench):
    make_failures(bench)
    bench.add("new")
    bench.initialize(only_uninitialized=True)
    pending = start(bench).run
    resume(bench, COLD)

    claimed = claim_next_jobs(bench.conn, bench.workflow_id, now_ms=SOON)
    assert (claimed.jobs, claimed.reason) == ([], "Workflow is being resumed")
    with pytest.raises(ConflictError, match="being resumed"):
        start(bench)
    with pytest.raises(ConflictError, match="being resumed"):
        begin(bench, pending, bench.add_node())


def test_nodes_of_the_new_run_are_not_asked_to_stop(bench):
    job = bench.add("job")
    start(bench)
    interrupt(bench, job)
    reply = resume(bench, COLD)
    node = bench.add_node()
    begin(bench, reply.run, node)
    told = bench.claim(node_id=node, seq=1)
    assert told.shutdown is None
    assert [claimed.run_id for claimed in told.jobs] == [2]


def test_a_runner_that_is_known_to_be_gone_is_not_waited_for(bench):
    running = make_failures(bench)
    old_token = bench.tokens[running]
    [old] = runs(bench)

    reply = resume(bench, COLD, gone_run_ids=[old.id])

    assert (reply.waiting_jobs, reply.settled_jobs, reply.run.status) == (0, 1, "pending")
    assert runs(bench)[0].status == "lost"
    node = bench.add_node()
    start_again = JobStart(job_id=running, token=old_token, start_time=TIME)
    assert bench.turn(node_id=node, seq=1, starts=[start_again]).kill == [running]


def test_a_resume_whose_client_went_away_does_not_lock_the_workflow(bench):
    make_failures(bench)
    resume(bench, COLD, key="k")
    with pytest.raises(ConflictError, match="being resumed"):
        resume(bench, COLD, now_ms=SOON + 93_000)

    assert resume(bench, COLD, now_ms=SOON + 93_001).waiting_jobs == 1

    assert [run.status for run in runs(bench)][1:] == ["lost", "resuming"]
    with pytest.raises(ConflictError, match="went silent"):
        resume(bench, COLD, key="k", now_ms=SOON + 93_002)


# Forced.


@pytest.mark.parametrize("kind", [HOT, COLD])
def test_forced_clean_up_settles_what_never_answers_and_fences_it(bench, kind):
    running = make_failures(bench)
    suspect_silent(bench.conn, Silence(SOON, SOON), now_ms=SOON)
    old = bench.tokens[running]

    reply = resume(bench, kind, force_cleanup=True)

    assert (reply.settled_jobs, reply.waiting_jobs) == (1, 0)
    assert bench.statuses() == RESUMED | {"running": "ready"}
    assert bench.end(running, token=old) == ["fenced"]
    assert bench.event_types().count("late_result") == 1
    assert bench.statuses()["running"] == "ready"
    [claimed] = [
        each for each in bench.claim(node_id=bench.add_node(), seq=1).jobs if each.job.id == running
    ]
    assert claimed.token > old
    # With the logs of the first attempt: another run, or another number.
    assert (claimed.run_id, claimed.job.attempt_id) in {(2, 1), (1, 2)}
    assert claimed.counted_attempt == 1


@pytest.mark.parametrize("silent_ms", [1_000, 3_600_000])
def test_a_forced_hot_resume_leaves_runners_that_are_not_suspect(bench, silent_ms):
    running = make_failures(bench)
    bench.conn.execute(update(tables.compute_node).values(last_seen_at=SOON - silent_ms))
    assert resume(bench, HOT, force_cleanup=True).settled_jobs == 0
    assert bench.end(running) == ["ok"]


def test_jobs_of_clients_without_tokens_are_given_up_by_force_only(bench):
    bench.add("job")
    start(bench)
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    assert resume(bench, COLD, key="k").waiting_jobs == 1
    reply = resume(bench, COLD, key="k", force_cleanup=True)
    assert (reply.settled_jobs, reply.waiting_jobs) == (1, 0)
    assert bench.statuses() == {"job": "ready"}


# Two at once, and what cannot be resumed.


@pytest.mark.parametrize("first", [HOT, COLD])
@pytest.mark.parametrize("second", [HOT, COLD])
def test_of_two_resumes_at_once_one_wins_and_is_named_to_the_other(bench, first, second):
    make_failures(bench)
    winner = resume(bench, first, user="ann", process=PROCESS, key="a", age_seconds=0.5)
    with pytest.raises(ConflictError, match=rf"ann@here \(PID 7\): run record {winner.run.id}"):
        resume(bench, second, user="bob", key="b", now_ms=SOON + 300, age_seconds=0.4)
    assert len(runs(bench)) == 2


def test_one_that_was_asked_for_before_loses_even_if_the_first_runs_by_then(bench):
    bench.add("job")
    start(bench)
    winner = resume(bench, HOT, age_seconds=1.0).run
    begin(bench, winner)
    with pytest.raises(ConflictError, match="resumed already"):
        resume(bench, COLD, now_ms=SOON + 900, age_seconds=1.0)
    assert bench.turn().shutdown is None


def test_one_that_is_asked_for_later_may_end_the_first(bench):
    bench.add("job")
    start(bench)
    winner = resume(bench, HOT, age_seconds=1.0).run
    begin(bench, winner)
    assert resume(bench, COLD, now_ms=SOON + 5_000, age_seconds=1.0).run.status == "pending"
    assert bench.turn().shutdown == "stop"


def test_one_that_failed_to_begin_is_no_rival(bench):
    bench.add("job")
    start(bench)
    report(bench, resume(bench, HOT).run, RunStatus.FAILED, reason="no bash")
    assert resume(bench, HOT, age_seconds=10.0).run.status == "pending"


def test_what_was_never_started_is_not_resumed(bench):
    bench.add("job")
    with pytest.raises(ConflictError, match="not started"):
        resume(bench)
    assert bench.statuses() == {"job": "uninitialized"}
    assert runs(bench) == []


def test_what_is_archived_is_not_resumed(bench):
    bench.add("job")
    start(bench)
    archive_workflow(bench.conn, bench.workflow_id, is_archived=True, now_ms=NOW)
    with pytest.raises(ConflictError, match="archived"):
        resume(bench)


def test_a_start_is_no_resume(bench):
    bench.add("job")
    start(bench)
    with pytest.raises(UsageError, match="hot or cold"):
        resume(bench, RunKind.START)
