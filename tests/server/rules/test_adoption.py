"""A job whose runner died is adopted by the next one of its machine, as the same attempt."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, TIME
from server.rules.test_leases import expire

from torc_core.model.compute import ComputeNodePatch
from torc_core.model.exchange import JobStart
from torc_core.model.result import LOST_RETURN_CODE
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.resources import COMPUTE_NODE
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.manual_transitions import manage_status_change
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables

LATER = "2024-01-01T01:00:00.000Z"


@pytest.fixture
def held(bench):
    """A job that runs on a node whose runner is about to die."""
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    return job


def adopt(bench, job, token=None):
    """Let another node report the job's start, and return that node and the reply."""
    node = bench.add_node()
    start = JobStart(job_id=job, token=token or bench.tokens[job], start_time=LATER)
    return node, bench.turn(node_id=node, seq=1, starts=[start])


def sign_off(bench, node):
    patch = ComputeNodePatch(is_active=False)
    crud.update(bench.conn, COMPUTE_NODE, node, patch, now_ms=NOW)


def job_row(bench, job):
    return bench.conn.execute(tables.job.select().where(tables.job.c.id == job)).one()


def result(bench):
    return bench.conn.execute(tables.result.select()).one()


def test_the_job_moves_to_the_node_that_reports_its_start(bench, held):
    before = job_row(bench, held)

    node, reply = adopt(bench, held)

    after = job_row(bench, held)
    assert reply.kill == []
    assert (after.compute_node_id, after.started_at) == (node, before.started_at)
    assert (after.token, after.attempt_id) == (before.token, before.attempt_id)
    [(event_type, data)] = bench.events()[-1:]
    assert event_type == "job_adopted"
    assert (data["previous_node_id"], data["compute_node_id"]) == (bench.node_id, node)


def test_what_was_adopted_is_not_taken_back_with_the_dead_node(bench, held):
    other = bench.add("other")
    bench.initialize()
    bench.claim()
    node, _ = adopt(bench, held)

    sign_off(bench, bench.node_id)

    assert bench.statuses() == {"job": "running", "other": "ready"}
    assert bench.turn(node_id=node, seq=2, ends=[bench.ending(held)]).outcomes[0].result == "ok"
    assert bench.statuses()["job"] == "completed"
    assert other


def test_the_result_names_the_node_that_saw_the_end(bench, held):
    node, _ = adopt(bench, held)
    bench.turn(node_id=node, seq=2, ends=[bench.ending(held)])

    assert (result(bench).compute_node_id, result(bench).attempt_id) == (node, 1)


def test_adopting_twice_is_the_same_as_once(bench, held):
    node, _ = adopt(bench, held)
    start = JobStart(job_id=held, token=bench.tokens[held], start_time=LATER)
    reply = bench.turn(node_id=node, seq=2, starts=[start])

    assert reply.kill == []
    assert bench.event_types().count("job_adopted") == 1


def test_the_last_words_of_the_dead_runner_take_nothing_back(bench, held):
    node, _ = adopt(bench, held)
    start = JobStart(job_id=held, token=bench.tokens[held], start_time=TIME)
    reply = bench.turn(starts=[start])

    assert reply.kill == []
    assert job_row(bench, held).compute_node_id == node


def test_a_start_that_nobody_had_reported_is_reported_by_the_adopter(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    node, reply = adopt(bench, job)

    assert reply.kill == []
    assert bench.statuses() == {"job": "running"}
    sign_off(bench, bench.node_id)
    assert job_row(bench, job).compute_node_id == node


def test_a_job_whose_lease_was_over_runs_again_in_the_same_attempt(bench, held):
    expire(bench)
    assert bench.statuses() == {"job": "ready"}

    node, reply = adopt(bench, held)

    assert reply.kill == []
    assert bench.statuses() == {"job": "running"}
    assert bench.claim(node_id=bench.add_node(), seq=1).jobs == []
    assert bench.turn(node_id=node, seq=2, ends=[bench.ending(held)]).outcomes[0].result == "ok"
    assert result(bench).attempt_id == 1


def test_a_job_that_was_claimed_again_is_to_be_killed(bench, held):
    old = bench.tokens[held]
    expire(bench)
    bench.claim(node_id=bench.add_node(), seq=1)

    _, reply = adopt(bench, held, old)

    assert reply.kill == [held]
    assert bench.statuses() == {"job": "pending"}


@pytest.mark.parametrize("change", [cancel_workflow, reset_job_status])
def test_a_job_that_was_canceled_or_reset_meanwhile_is_to_be_killed(bench, held, change):
    change(bench.conn, bench.workflow_id, now_ms=NOW)
    status = bench.statuses()["job"]

    _, reply = adopt(bench, held)

    assert reply.kill == [held]
    assert bench.statuses() == {"job": status}


def test_a_lost_attempt_that_started_keeps_its_number_for_itself(bench, held):
    expire(bench)
    [claimed] = bench.claim(node_id=bench.add_node(), seq=1).jobs

    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)
    assert job_row(bench, held).attempt_id == 2


def test_a_lost_attempt_keeps_its_number_even_if_its_start_was_never_reported(bench):
    bench.add("job")
    bench.initialize()
    bench.claim()
    expire(bench)
    [claimed] = bench.claim(node_id=bench.add_node(), seq=1).jobs

    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)


def test_a_lost_attempt_keeps_its_number_when_the_job_is_set_to_running_by_hand(bench, held):
    expire(bench)
    run_id = bench.workflow().run_id
    manage_status_change(bench.conn, held, JobStatus.RUNNING, run_id, now_ms=NOW)

    assert job_row(bench, held).attempt_id == 2


def test_losses_do_not_use_up_retries_and_failures_do(bench, held):
    for lost in range(3):
        expire(bench)
        node = bench.add_node(last_seen_at=NOW)
        bench.claim(node_id=node, seq=1)
        start = JobStart(job_id=held, token=bench.tokens[held], start_time=TIME)
        bench.turn(node_id=node, seq=2, starts=[start])
        assert job_row(bench, held).attempt_id == lost + 2
    end = bench.ending(held, JobStatus.FAILED, retry=True)
    bench.turn(node_id=node, seq=3, ends=[end])
    [claimed] = bench.claim(node_id=node, seq=4).jobs

    assert (claimed.job.attempt_id, claimed.counted_attempt) == (5, 2)


def test_a_repeated_claim_names_the_same_number(bench, held):
    expire(bench)
    node = bench.add_node()
    first = bench.claim(node_id=node, seq=1).jobs
    again = bench.claim(node_id=node, seq=1).jobs

    assert first == again


def test_a_reset_in_the_same_run_does_not_use_a_number_again(bench, held):
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    [claimed] = bench.claim(node_id=bench.add_node(), seq=1).jobs

    assert claimed.job.attempt_id == 2
    assert claimed.job.id == held


def test_a_fenced_completion_is_kept_and_is_none(bench, held):
    old = bench.tokens[held]
    expire(bench)
    bench.claim(node_id=bench.add_node(), seq=1)

    for _ in range(2):
        assert bench.end(held, token=old) == ["fenced"]

    attempt = tables.attempt
    row = bench.conn.execute(attempt.select().where(attempt.c.token == old)).one()
    assert row.outcome == "fenced"
    assert result(bench).return_code == LOST_RETURN_CODE
    [data] = [data for event_type, data in bench.events() if event_type == "late_result"]
    assert (data["job_id"], data["token"], data["status"]) == (held, old, "completed")
    assert (data["return_code"], data["compute_node_id"]) == (0, bench.node_id)


def test_a_refused_end_of_an_attempt_that_was_reset_is_kept_too(bench, held):
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()

    assert bench.end(held, status=JobStatus.CANCELED) == ["illegal"]
    assert bench.event_types().count("late_result") == 1


def test_a_replaced_node_keeps_nothing_and_what_was_adopted_is_not_taken_back(bench):
    adopted, claimed_only = bench.add("adopted"), bench.add("claimed only")
    bench.initialize()
    bench.claim()
    bench.start(adopted)
    old = job_row(bench, adopted).compute_node_id
    node = bench.add_node()
    start = JobStart(job_id=adopted, token=bench.tokens[adopted], start_time=LATER)

    reply = bench.turn(node_id=node, seq=1, starts=[start], replaces=[old])

    assert reply.kill == []
    assert job_row(bench, adopted).compute_node_id == node
    assert JobStatus.from_number(job_row(bench, claimed_only).status) is JobStatus.READY
    [row] = bench.conn.execute(
        tables.compute_node.select().where(tables.compute_node.c.id == old)
    ).all()
    assert not row.is_active


def test_a_node_of_another_workflow_is_not_replaced(bench, held):
    old = job_row(bench, held).compute_node_id
    bench.turn(node_id=bench.add_node(), seq=1, replaces=[old + 1000])
    assert job_row(bench, held).compute_node_id == old


@pytest.mark.parametrize("is_told", [False, True])
def test_a_job_that_was_canceled_before_its_adoption_has_its_result(bench, held, is_told):
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    if is_told:
        bench.turn()
    node = bench.add_node()
    start = JobStart(job_id=held, token=bench.tokens[held], start_time=LATER)
    reply = bench.turn(node_id=node, seq=1, starts=[start], replaces=[bench.node_id])
    assert held in reply.kill
    end = bench.ending(held, JobStatus.CANCELED, return_code=143, peak_memory_bytes=7)
    assert bench.turn(node_id=node, seq=2, ends=[end]).outcomes[0].result == "ok"
    kept = result(bench)
    assert (kept.status, kept.return_code) == (JobStatus.CANCELED.number, 143)
    assert (kept.peak_memory_bytes, kept.compute_node_id) == (7, node)
    assert bench.turn(node_id=node, seq=3).kill == []


def test_the_last_words_of_a_dead_runner_take_back_no_canceled_job(bench, held):
    cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
    node, _ = adopt(bench, held)
    bench.start(held)
    sign_off(bench, bench.node_id)
    end = bench.ending(held, JobStatus.CANCELED)
    assert bench.turn(node_id=node, seq=2, ends=[end]).outcomes[0].result == "ok"


@pytest.mark.parametrize(
    ("num_cpus", "follows"), [(1, "took over"), (0, "only looks after its running jobs")]
)
def test_the_end_of_a_dead_node_says_who_follows(bench, held, num_cpus, follows):
    node = bench.add_node(num_cpus=num_cpus)
    bench.turn(node_id=node, seq=1, replaces=[bench.node_id])
    [reason] = [
        data["reason"]
        for event_type, data in bench.events()
        if event_type == "compute_node_stopped"
    ]
    assert reason == f"its runner died; node {node} {follows}"
