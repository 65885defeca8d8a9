"""A running attempt that is lost with its node is recorded, once, and its job runs again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW
from server.rules.test_adoption import adopt, job_row, sign_off

from torc_core.clock import utc_text
from torc_core.model.action import WorkflowAction
from torc_core.model.exchange import JobRelease, JobStart
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.actions import create_action
from torc_server.records.resources import RESULT
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.client_reports import complete_job
from torc_server.rules.manual_transitions import retry_job
from torc_server.rules.resets import reset_job_status
from torc_server.storage import tables

MINUTE_MS = 60_000
STARTED = utc_text(NOW - 3 * MINUTE_MS)


def run(bench, job):
    """Let a node of its own claim a job and start it, three minutes before its last heartbeat."""
    node = bench.add_node(last_seen_at=NOW)
    claimed = bench.claim(1, node_id=node, seq=1).jobs
    assert [each.job.id for each in claimed] == [job]
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=STARTED)
    bench.turn(node_id=node, seq=2, starts=[start])
    return node


def lose(bench, job):
    node = run(bench, job)
    sign_off(bench, node)
    return node


def results(bench):
    """Return attempt, status and return code of each result, in the order of their ids."""
    rows = bench.conn.execute(tables.result.select().order_by(tables.result.c.id)).all()
    return [(r.attempt_id, JobStatus.from_number(r.status).value, r.return_code) for r in rows]


def latest(bench):
    [row] = bench.conn.execute(
        tables.result.select().join(
            tables.latest_result, tables.latest_result.c.result_id == tables.result.c.id
        )
    ).all()
    return row.attempt_id, row.return_code


@pytest.fixture
def job(bench):
    number = bench.add("job")
    bench.initialize()
    return number


def test_it_is_recorded_as_failed_until_the_last_heartbeat(bench, job):
    node = lose(bench, job)

    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    [row] = bench.conn.execute(tables.result.select()).all()
    assert (row.compute_node_id, row.exec_time_minutes) == (node, 3.0)
    assert row.completion_time == utc_text(NOW)
    assert latest(bench) == (1, LOST_RETURN_CODE)
    after = job_row(bench, job)
    assert (after.attempt_id, after.uncounted_attempts, after.origin) == (2, 1, None)
    assert bench.statuses() == {"job": "ready"}
    assert bench.event_types()[-3:] == ["compute_node_stopped", "job_lost", "job_ready"]
    [(_, lost)] = [each for each in bench.events() if each[0] == "job_lost"]
    assert lost == {
        "job_id": job,
        "job_name": "job",
        "attempt_id": 1,
        "compute_node_id": node,
        "run_id": bench.workflow().run_id,
    }


def test_a_runner_that_never_spoke_leaves_its_end_to_be_now(bench, job):
    node = run(bench, job)
    nodes = tables.compute_node
    bench.conn.execute(nodes.update().where(nodes.c.id == node).values(last_seen_at=None))
    sign_off(bench, node)
    [row] = bench.conn.execute(tables.result.select()).all()
    assert row.completion_time == utc_text(NOW)


def test_what_was_claimed_and_is_not_known_to_run_leaves_no_result(bench, job):
    node = bench.add_node()
    bench.claim(node_id=node, seq=1)
    sign_off(bench, node)
    assert results(bench) == []
    assert job_row(bench, job).attempt_id == 1
    assert bench.event_types()[-2:] == ["compute_node_stopped", "job_ready"]


@pytest.mark.parametrize("undo", [cancel_workflow, reset_job_status])
def test_what_was_to_be_stopped_leaves_no_result(bench, job, undo):
    node = run(bench, job)
    undo(bench.conn, bench.workflow_id, now_ms=NOW)
    status = bench.statuses()
    sign_off(bench, node)
    assert results(bench) == []
    assert bench.statuses() == status


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED])
@pytest.mark.parametrize("undo", [cancel_workflow, reset_job_status])
def test_a_late_end_of_what_was_to_be_stopped_is_kept_once(bench, job, undo, status):
    node = run(bench, job)
    undo(bench.conn, bench.workflow_id, now_ms=NOW)
    before = bench.statuses()
    sign_off(bench, node)
    end = bench.ending(job, status, return_code=7)
    for seq in (8, 9):
        reply = bench.turn(node_id=node, seq=seq, ends=[end])
        assert [each.result for each in reply.outcomes] == ["illegal"]
    [late] = [data for kind, data in bench.events() if kind == "late_result"]
    assert (late["job_id"], late["status"], late["return_code"]) == (job, status, 7)
    assert results(bench) == []
    assert bench.statuses() == before


@pytest.mark.parametrize("gives_up", [False, True])
def test_a_late_end_of_what_a_client_completed_meanwhile_is_kept(bench, job, gives_up):
    node = lose(bench, job)
    if gives_up:
        reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
        bench.initialize()
    number = job_row(bench, job).attempt_id
    report = bench.result(job, bench.node_id, JobStatus.COMPLETED, 0)
    report = replace(report, attempt_id=number)
    complete_job(bench.conn, job, JobStatus.COMPLETED, report.run_id, report, now_ms=NOW)
    reply = bench.turn(node_id=node, seq=bench.seq, ends=[bench.ending(job)])
    assert [each.result for each in reply.outcomes] == ["illegal"]
    assert bench.event_types().count("late_result") == 1
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE), (2, "completed", 0)]


def test_a_late_end_takes_the_place_of_the_loss(bench, job):
    node = lose(bench, job)
    end = bench.ending(job, return_code=0)
    for outcome in ("ok", "duplicate"):
        reply = bench.turn(node_id=node, seq=bench.seq, ends=[end])
        assert [each.result for each in reply.outcomes] == [outcome]
    assert results(bench) == [(1, "completed", 0)]
    assert latest(bench) == (1, 0)
    assert (job_row(bench, job).attempt_id, job_row(bench, job).uncounted_attempts) == (1, 0)
    assert bench.statuses() == {"job": "completed"}


def test_a_late_failure_that_is_retried_begins_the_second_attempt(bench, job):
    node = lose(bench, job)
    end = bench.ending(job, JobStatus.FAILED, return_code=3, retry=True)
    bench.turn(node_id=node, seq=bench.seq, ends=[end])
    assert results(bench) == [(1, "failed", 3)]
    [claimed] = bench.claim(node_id=bench.add_node(), seq=1).jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 2)


def test_a_late_end_after_a_reset_changes_nothing(bench, job):
    node = lose(bench, job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    reply = bench.turn(node_id=node, seq=bench.seq, ends=[bench.ending(job)])
    assert [each.result for each in reply.outcomes] == ["illegal"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert bench.statuses() == {"job": "ready"}


def test_a_late_end_after_another_claim_changes_nothing(bench, job):
    node = run(bench, job)
    old = bench.tokens[job]
    sign_off(bench, node)
    run(bench, job)
    reply = bench.turn(node_id=node, seq=bench.seq, ends=[bench.ending(job, token=old)])
    assert [each.result for each in reply.outcomes] == ["fenced"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert bench.statuses() == {"job": "running"}


def test_a_late_release_of_what_ran_leaves_the_loss(bench, job):
    node = lose(bench, job)
    release = JobRelease(job_id=job, token=bench.tokens[job], is_lost=True)
    reply = bench.turn(node_id=node, seq=bench.seq, releases=[release])
    assert [each.result for each in reply.outcomes] == ["ok"]
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert (bench.statuses(), job_row(bench, job).attempt_id) == ({"job": "ready"}, 2)


def test_the_next_runner_of_its_machine_that_finds_it_lost_too_leaves_the_loss(bench, job):
    before = lose(bench, job)
    node = bench.add_node()
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=STARTED)
    release = JobRelease(job_id=job, token=bench.tokens[job], is_lost=True)
    bench.turn(node_id=node, seq=1, starts=[start], releases=[release], replaces=[before])
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert (bench.statuses(), job_row(bench, job).attempt_id) == ({"job": "ready"}, 2)
    assert "job_adopted" not in bench.event_types()


def test_an_adopted_attempt_was_not_lost_and_may_be_lost_later(bench, job):
    run(bench, job)
    end = bench.ending(job, JobStatus.FAILED, retry=True)
    bench.turn(ends=[end])
    assert latest(bench) == (1, 1)
    lose(bench, job)
    assert latest(bench) == (2, LOST_RETURN_CODE)

    node, _ = adopt(bench, job)

    assert results(bench) == [(1, "failed", 1)]
    assert latest(bench) == (1, 1)
    assert (job_row(bench, job).attempt_id, bench.statuses()) == (2, {"job": "running"})
    sign_off(bench, node)
    assert results(bench) == [(1, "failed", 1), (2, "failed", LOST_RETURN_CODE)]
    assert job_row(bench, job).attempt_id == 3


def test_what_a_requeued_allocation_has_not_adopted_is_lost(bench, job):
    node = run(bench, job)
    bench.turn(node_id=bench.add_node(compute_node_type="slurm"), seq=1, replaces=[node])
    assert results(bench) == [(1, "failed", LOST_RETURN_CODE)]
    assert bench.statuses() == {"job": "ready"}


def test_an_attempt_has_one_result_even_if_a_client_has_written_it(bench, job):
    node = run(bench, job)
    written = bench.result(job, node, JobStatus.FAILED, 7)
    crud.create(bench.conn, RESULT, written, now_ms=NOW)
    sign_off(bench, node)
    assert results(bench) == [(1, "failed", 7)]
    run(bench, job)
    assert job_row(bench, job).attempt_id == 2


def test_a_job_that_loses_its_node_again_and_again_fails(bench):
    job = bench.add("job")
    bench.add("after", [job])
    bench.add("anyway", [job], cancel_on_blocking_job_failure=False)
    bench.initialize()
    for number in range(1, LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
        assert job_row(bench, job).attempt_id == number + 1
    assert bench.statuses() == {"job": "ready", "after": "blocked", "anyway": "blocked"}

    lose(bench, job)

    assert bench.statuses() == {"job": "failed", "after": "canceled", "anyway": "ready"}
    assert [attempt for attempt, *_ in results(bench)] == [1, 2, 3, 4, 5]
    assert job_row(bench, job).attempt_id == 5
    followed = bench.events()[-5:]
    kinds = ["compute_node_stopped", "job_lost", "job_failed", "job_canceled", "job_ready"]
    assert [name for name, _ in followed] == kinds
    assert followed[2][1]["return_code"] == LOST_RETURN_CODE


def test_a_late_end_revives_no_job_that_failed_for_its_losses(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT):
        node = lose(bench, job)
    reply = bench.turn(node_id=node, seq=bench.seq, ends=[bench.ending(job)])
    assert [each.result for each in reply.outcomes] == ["illegal"]
    assert bench.event_types()[-1] == "late_result"
    assert bench.statuses() == {"job": "failed"}


def test_losses_are_counted_in_each_run_anew(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
    bench.conn.execute(tables.workflow.update().values(run_id=bench.workflow().run_id + 1))
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    lose(bench, job)
    assert bench.statuses() == {"job": "ready"}


def test_the_last_loss_may_complete_the_workflow_and_make_actions_due(bench, job):
    action = WorkflowAction(
        workflow_id=bench.workflow_id,
        trigger_type="on_jobs_complete",
        action_type="run_commands",
        action_config={"commands": ["true"]},
        job_ids=[job],
    )
    number = create_action(bench.conn, bench.workflow_id, action).id
    counts = []
    for _ in range(LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
        rows = tables.workflow_action
        [row] = bench.conn.execute(rows.select().where(rows.c.id == number)).all()
        counts.append(row.trigger_count)
    assert counts == [0] * (LOST_ATTEMPTS_LIMIT - 1) + [1]
    assert bench.event_types()[-1] == "workflow_completed"


@pytest.mark.parametrize(
    ("on_lost", "status", "attempt"),
    [
        (None, "ready", 2),
        ("requeue", "ready", 2),
        ("fail", "failed", 1),
        ("hold", "pending_failed", 1),
    ],
)
def test_the_policy_of_a_job_says_what_follows(bench, on_lost, status, attempt):
    job, after = bench.add("job", on_lost=on_lost), bench.add("other")
    bench.add("after", after=[job])
    bench.initialize()
    bench.conn.execute(tables.job.update().where(tables.job.c.id == after).values(priority=-1))
    lose(bench, job)

    assert bench.statuses()["job"] == status
    assert bench.statuses()["after"] == ("canceled" if on_lost == "fail" else "blocked")
    assert job_row(bench, job).attempt_id == attempt
    recorded = "pending_failed" if on_lost == "hold" else "failed"
    assert results(bench) == [(1, recorded, LOST_RETURN_CODE)]
    [(_, lost)] = [each for each in bench.events() if each[0] == "job_lost"]
    assert lost.get("reason") == (
        f"its on_lost is {on_lost}" if on_lost in {"fail", "hold"} else None
    )


@pytest.mark.parametrize(("on_lost", "status"), [("fail", "failed"), ("hold", "pending_failed")])
def test_what_must_not_run_twice_counts_as_started_once_it_was_claimed(bench, on_lost, status):
    bench.add("job", on_lost=on_lost)
    bench.initialize()
    node = bench.add_node(last_seen_at=NOW)
    bench.claim(1, node_id=node, seq=1)
    sign_off(bench, node)
    assert bench.statuses() == {"job": status}
    assert [code for _, _, code in results(bench)] == [LOST_RETURN_CODE]


def test_what_is_held_for_a_decision_goes_on_with_its_runner_if_that_is_back(bench):
    job = bench.add("job", on_lost="hold")
    bench.initialize()
    node = lose(bench, job)
    start = JobStart(job_id=job, token=bench.tokens[job], start_time=STARTED)
    bench.turn(node_id=node, seq=3, starts=[start], returns=True)
    assert bench.statuses() == {"job": "running"}
    assert results(bench) == []


def test_what_is_held_runs_again_when_a_user_retries_it(bench):
    job = bench.add("job", on_lost="hold")
    bench.initialize()
    lose(bench, job)
    retry_job(bench.conn, job, 0, 3, now_ms=NOW)
    assert bench.statuses() == {"job": "ready"}
    lose(bench, job)
    assert bench.statuses() == {"job": "pending_failed"}
    assert [attempt for attempt, _, _ in results(bench)] == [1, 2]


@pytest.mark.parametrize("on_lost", ["hold", "fail"])
def test_a_late_end_counts_its_attempt_if_a_user_has_retried_the_job_meanwhile(bench, on_lost):
    job = bench.add("job", on_lost=on_lost)
    bench.initialize()
    lose(bench, job)
    retry_job(bench.conn, job, 0, 3, now_ms=NOW)
    assert bench.end(job, status=JobStatus.FAILED, retry=True) == ["ok"]
    assert (job_row(bench, job).attempt_id, job_row(bench, job).uncounted_attempts) == (2, 0)
    assert [each.counted_attempt for each in bench.claim().jobs] == [2]


@pytest.mark.parametrize("since", [None, "hold", "fail"])
@pytest.mark.parametrize("before", [None, "hold", "fail"])
def test_a_late_end_counts_its_attempt_by_the_policy_that_was_followed(bench, before, since):
    job = bench.add("job", on_lost=before)
    bench.initialize()
    lose(bench, job)
    bench.conn.execute(tables.job.update().values(on_lost=since))
    if before is not None:
        retry_job(bench.conn, job, 0, 3, now_ms=NOW)
    assert bench.end(job, status=JobStatus.FAILED, retry=True) == ["ok"]
    assert (job_row(bench, job).attempt_id, job_row(bench, job).uncounted_attempts) == (2, 0)


def test_a_late_end_counts_its_attempt_if_a_user_has_retried_a_job_of_many_losses(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
    before = job_row(bench, job)
    retry_job(bench.conn, job, 0, 100, now_ms=NOW)
    assert bench.end(job) == ["ok"]
    after = job_row(bench, job)
    assert after.attempt_id == before.attempt_id
    assert after.uncounted_attempts == before.uncounted_attempts


def test_a_job_that_loses_too_many_attempts_says_so(bench, job):
    for _ in range(LOST_ATTEMPTS_LIMIT):
        lose(bench, job)
    reasons = [data.get("reason") for kind, data in bench.events() if kind == "job_lost"]
    assert reasons[:-1] == [None] * (LOST_ATTEMPTS_LIMIT - 1)
    assert reasons[-1].startswith(f"{LOST_ATTEMPTS_LIMIT} attempts were lost in this run")
