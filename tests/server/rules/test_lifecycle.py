"""What owners do to workflows and jobs, and what the reference's clients report."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW, TIME
from sqlalchemy import insert, select, update

from torc_core.clock import utc_text
from torc_core.errors import NotFoundError, TransitionError, UsageError
from torc_core.model.action import WorkflowAction
from torc_core.model.exchange import Exchange, JobRelease
from torc_core.model.job import JobPatch
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.records.actions import create_action
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.attempts.client_reports import complete_job, start_job
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.completion_status import (
    is_complete,
    is_uninitialized,
    missing_user_data,
    required_existing_files,
)
from torc_server.rules.editing import delete_job, update_job
from torc_server.rules.manual_transitions import manage_status_change, retry_job
from torc_server.rules.resets import reset_job_status, reset_workflow_status
from torc_server.storage import tables


def result(bench, job_id, status=JobStatus.COMPLETED, **fields):
    stated = Result(
        job_id=job_id,
        workflow_id=bench.workflow_id,
        run_id=0,
        compute_node_id=bench.node_id,
        return_code=0,
        exec_time_minutes=0.5,
        completion_time=TIME,
        status=status,
    )
    return replace(stated, **fields)


def complete(bench, job_id, status=JobStatus.COMPLETED, run_id=0, **fields):
    return complete_job(
        bench.conn, job_id, status, run_id, result(bench, job_id, status, **fields), now_ms=NOW
    )


def manage(bench, job_id, status, run_id=0):
    return manage_status_change(bench.conn, job_id, status, run_id, now_ms=NOW)


def claimed(bench):
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)


class TestSingleReports:
    def test_a_job_is_claimed_started_and_completed(self, bench):
        first = bench.add("first")
        bench.add("second", [first])
        bench.initialize()
        claimed(bench)
        assert start_job(bench.conn, first, 0, bench.node_id, now_ms=NOW).status == "running"
        assert complete(bench, first).status == "completed"
        assert bench.statuses() == {"first": "completed", "second": "ready"}
        attempt = bench.conn.execute(tables.attempt.select()).one()
        assert (attempt.outcome, attempt.started_at is None) == ("completed", False)

    @pytest.mark.parametrize("prepare", [lambda _: None, lambda bench: bench.initialize()])
    def test_clients_may_complete_what_they_never_claimed(self, bench, prepare):
        job = bench.add("job")
        prepare(bench)
        assert complete(bench, job).status == "completed"
        assert is_complete(bench.conn, bench.workflow_id).is_complete

    def test_the_identical_report_is_accepted_again_and_another_is_not(self, bench):
        job = bench.add("job")
        bench.initialize()
        complete(bench, job)
        assert complete(bench, job).status == "completed"
        with pytest.raises(TransitionError, match="completed already"):
            complete(bench, job, JobStatus.FAILED)
        with pytest.raises(TransitionError, match="completed already"):
            complete(bench, job, return_code=7)
        assert bench.count(tables.result) == 1

    def test_reports_that_make_no_sense_change_nothing(self, bench):
        job = bench.add("job")
        bench.initialize()
        with pytest.raises(UsageError, match="cannot be completed as running"):
            complete(bench, job, JobStatus.RUNNING)
        with pytest.raises(TransitionError, match="at run 0, not at run 3"):
            complete(bench, job, run_id=3)
        with pytest.raises(NotFoundError, match="compute node 99"):
            complete(bench, job, compute_node_id=99)
        with pytest.raises(NotFoundError, match="job 99"):
            complete(bench, 99)
        for attempt_id in (-1, 0, 2**63 - 1):
            with pytest.raises(UsageError, match=f"no attempt {attempt_id}"):
                complete(bench, job, attempt_id=attempt_id)
        with pytest.raises(TransitionError, match="is ready, so it cannot become running"):
            start_job(bench.conn, job, 0, bench.node_id, now_ms=NOW)
        assert bench.statuses() == {"job": "ready"}

    def test_a_repeated_start_changes_nothing(self, bench):
        job = bench.add("job")
        bench.initialize()
        claimed(bench)
        for _ in range(2):
            start_job(bench.conn, job, 0, bench.node_id, now_ms=NOW)
        assert bench.event_types().count("job_started") == 1


class TestByHand:
    def test_a_status_that_no_way_leads_to_is_refused_with_both_named(self, bench):
        job = bench.add("job")
        with pytest.raises(TransitionError, match="is uninitialized, so it cannot become running"):
            manage(bench, job, JobStatus.RUNNING)
        with pytest.raises(UsageError, match="report its completion with complete_job"):
            manage(bench, job, JobStatus.COMPLETED)
        with pytest.raises(TransitionError, match="cannot become failed"):
            manage(bench, job, JobStatus.FAILED)
        assert manage(bench, job, JobStatus.UNINITIALIZED, run_id=77).status == "uninitialized"
        with pytest.raises(TransitionError, match="run 77"):
            manage(bench, job, JobStatus.READY, run_id=77)

    def test_taking_a_completed_job_back_takes_its_ended_dependents_with_it(self, bench):
        first = bench.add("first")
        second = bench.add("second", [first])
        bench.initialize()
        bench.run(first)
        bench.run(second)
        manage(bench, first, JobStatus.UNINITIALIZED)
        assert bench.statuses() == {"first": "uninitialized", "second": "uninitialized"}
        bench.initialize(only_uninitialized=True)
        assert bench.statuses() == {"first": "ready", "second": "blocked"}

    def test_one_job_is_cancelled_with_what_waits_for_it(self, bench):
        first = bench.add("first")
        bench.add("second", [first])
        bench.initialize()
        bench.claim()
        bench.start(first)
        assert manage(bench, first, JobStatus.CANCELED).status == "canceled"
        assert bench.statuses()["second"] == "canceled"
        assert bench.turn().kill == [first]
        assert bench.end(first, status=JobStatus.TERMINATED, return_code=-9) == ["ok"]
        assert bench.turn().kill == []
        kept = bench.conn.execute(tables.result.select()).one()
        assert (kept.return_code, kept.status) == (-9, JobStatus.CANCELED.number)

    def test_a_runner_stops_what_another_client_says_has_ended(self, bench):
        job = bench.add("job")
        bench.initialize()
        bench.claim()
        bench.start(job)
        complete(bench, job, JobStatus.TERMINATED, return_code=-15)
        assert bench.turn().kill == [job]
        assert bench.end(job, status=JobStatus.FAILED, return_code=-9) == ["illegal"]
        assert bench.turn().kill == []
        kept = bench.conn.execute(tables.result.select()).one()
        assert (kept.return_code, kept.status) == (-15, JobStatus.TERMINATED.number)

    def test_a_job_that_waits_for_a_decision_may_be_let_fail(self, bench):
        first = bench.add("first")
        bench.add("second", [first])
        bench.initialize()
        bench.run(first, status=JobStatus.PENDING_FAILED)
        manage(bench, first, JobStatus.FAILED)
        assert bench.statuses() == {"first": "failed", "second": "canceled"}

    def test_a_failure_that_was_retried_and_made_good_cancels_no_job(self, bench):
        one, two = bench.add("one"), bench.add("two")
        bench.add("join", [one, two])
        bench.initialize()
        bench.run(one, status=JobStatus.FAILED)
        retry_job(bench.conn, one, 0, 5, now_ms=NOW)
        bench.run(one)
        bench.end(two)
        assert bench.statuses()["join"] == "ready"

    def test_every_attempt_that_reported_a_result_keeps_it(self, bench):
        job = bench.add("job")
        bench.initialize()
        for attempt_id in (1, 2):
            claimed(bench)
            complete(bench, job, JobStatus.FAILED, attempt_id=attempt_id, return_code=attempt_id)
            retry_job(bench.conn, job, 0, 9, now_ms=NOW)
        claimed(bench)
        start_job(bench.conn, job, 0, bench.node_id, now_ms=NOW)
        retry_job(bench.conn, job, 0, 9, now_ms=NOW)  # as the reference's runners do: no result
        claimed(bench)
        complete(bench, job, attempt_id=4)
        kept = bench.conn.execute(tables.result.select().order_by(tables.result.c.id)).all()
        assert [(r.attempt_id, r.return_code) for r in kept] == [(1, 1), (2, 2), (4, 0)]

    def test_a_job_made_ready_by_hand_can_report_another_result(self, bench):
        job = bench.add("job")
        bench.initialize()
        complete(bench, job)
        ready = manage(bench, job, JobStatus.READY)
        assert (ready.status, ready.attempt_id) == ("ready", 2)
        assert complete(bench, job, attempt_id=2).status == "completed"
        assert bench.count(tables.result) == 2

    def test_a_late_report_does_not_take_the_number_of_attempts_back(self, bench):
        job = bench.add("job")
        bench.initialize()
        bench.claim()
        bench.start(job)
        retry_job(bench.conn, job, 0, 3, now_ms=NOW)
        assert complete(bench, job, JobStatus.FAILED, attempt_id=1).attempt_id == 2

    def test_a_job_put_to_running_by_hand_began_then(self, bench):
        job = bench.add("job")
        bench.initialize()
        claimed(bench)
        assert manage(bench, job, JobStatus.RUNNING).start_time == utc_text(NOW)

    def test_a_job_made_pending_by_hand_is_not_its_last_runners(self, bench):
        job = bench.add("job")
        bench.initialize()
        bench.claim()
        bench.turn(releases=[JobRelease(job_id=job, token=1)])
        manage(bench, job, JobStatus.PENDING)
        assert bench.end(job, token=1) == ["fenced"]
        start_job(bench.conn, job, 0, bench.node_id, now_ms=NOW)
        assert complete(bench, job).status == "completed"

    def test_a_disabled_job_stays_disabled_when_what_failed_is_taken_back(self, bench):
        first = bench.add("first")
        off = bench.add("off", [first])
        bench.add("after", [first])
        update_job(bench.conn, off, JobPatch(status=JobStatus.DISABLED), now_ms=NOW)
        bench.initialize()
        bench.run(first, status=JobStatus.FAILED)
        reply = reset_job_status(bench.conn, bench.workflow_id, failed_only=True, now_ms=NOW)
        assert reply.updated_count == 2
        assert bench.statuses() == {
            "first": "uninitialized",
            "off": "disabled",
            "after": "uninitialized",
        }

    def test_a_failed_job_is_retried_within_its_bounds(self, bench):
        job = bench.add("job")
        bench.initialize()
        with pytest.raises(TransitionError, match="is ready, so it cannot be retried"):
            retry_job(bench.conn, job, 0, 5, now_ms=NOW)
        bench.run(job, status=JobStatus.FAILED)
        retried = retry_job(bench.conn, job, 0, 2, now_ms=NOW)
        assert (retried.status, retried.attempt_id) == ("ready", 2)
        bench.run(job, status=JobStatus.FAILED)
        with pytest.raises(TransitionError, match="used 2 of 2"):
            retry_job(bench.conn, job, 0, 2, now_ms=NOW)
        assert bench.event_types().count("workflow_completed") == 2


class TestWorkflows:
    def test_cancelling_stops_what_runs_and_leaves_what_waits(self, bench):
        first = bench.add("first")
        bench.add("second", [first])
        bench.initialize()
        bench.claim()
        status = cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
        assert status.is_canceled
        assert bench.statuses() == {"first": "canceled", "second": "blocked"}
        reply = bench.turn()
        assert (reply.is_canceled, reply.kill) == (True, [first])
        assert cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW) == status
        assert bench.event_types().count("workflow_canceled") == 1
        assert is_complete(bench.conn, bench.workflow_id).is_complete

    def test_a_cancelled_workflow_goes_on_after_a_reset(self, bench):
        first = bench.add("first")
        bench.add("second", [first])
        bench.initialize()
        bench.claim()
        cancel_workflow(bench.conn, bench.workflow_id, now_ms=NOW)
        reset_workflow_status(bench.conn, bench.workflow_id, now_ms=NOW)
        reply = reset_job_status(bench.conn, bench.workflow_id, failed_only=True, now_ms=NOW)
        assert (reply.updated_count, reply.reset_type) == (2, "failed_only")
        bench.initialize(only_uninitialized=True)
        assert bench.claimed_ids() == [first]

    def test_active_and_archived_workflows_are_not_reset(self, bench):
        bench.add("job")
        bench.initialize()
        bench.claim()
        with pytest.raises(TransitionError, match="active"):
            reset_workflow_status(bench.conn, bench.workflow_id, now_ms=NOW)
        reset_workflow_status(bench.conn, bench.workflow_id, force=True, now_ms=NOW)
        bench.conn.execute(update(tables.workflow).values(is_archived=True))
        with pytest.raises(TransitionError, match="archived"):
            reset_workflow_status(bench.conn, bench.workflow_id, force=True, now_ms=NOW)

    def test_taking_all_jobs_back_stops_what_runs(self, bench):
        job = bench.add("job")
        bench.initialize()
        bench.claim()
        bench.start(job)
        assert reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW).updated_count == 1
        assert is_uninitialized(bench.conn, bench.workflow_id)
        assert bench.turn().kill == [job]
        bench.initialize()
        assert not is_uninitialized(bench.conn, bench.workflow_id)
        assert bench.claim(node_id=bench.add_node(), seq=1).jobs[0].token == 2
        assert bench.end(job, token=1, status=JobStatus.TERMINATED) == ["fenced"]
        assert bench.turn().kill == []

    def test_what_must_exist_is_what_nobody_will_write(self, bench):
        given, made, read = (bench.file(name) for name in ("given", "made", "read"))
        empty, full = bench.user_data("empty"), bench.user_data("full", 1)
        later = bench.user_data("later")
        writer = bench.add(
            "writer",
            input_file_ids=[given],
            output_file_ids=[made],
            input_user_data_ids=[empty, full],
            output_user_data_ids=[later],
        )
        bench.add("reader", input_file_ids=[made, read], input_user_data_ids=[later])
        assert required_existing_files(bench.conn, bench.workflow_id).files == [given, read]
        assert missing_user_data(bench.conn, bench.workflow_id).user_data == [empty]
        bench.initialize()
        bench.run(writer)
        assert required_existing_files(bench.conn, bench.workflow_id).files == [given, made, read]
        assert missing_user_data(bench.conn, bench.workflow_id).user_data == [empty, later]


class TestActions:
    def action(self, bench, trigger_type, job_ids=(), **fields):
        values = {
            "workflow_id": bench.workflow_id,
            "trigger_type": trigger_type,
            "action_type": "run_commands",
            "action_config": {"commands": ["true"]},
            "trigger_count": 0,
            "required_triggers": max(1, len(job_ids)),
            "executed": False,
            "persistent": False,
            "is_recovery": False,
        } | fields
        inserted = bench.conn.execute(insert(tables.workflow_action).values(values))
        action_id = inserted.inserted_primary_key[0]
        for job_id in job_ids:
            bench.conn.execute(
                insert(tables.workflow_action_job).values(action_id=action_id, job_id=job_id)
            )
        return action_id

    def due(self, bench):
        action = tables.workflow_action.c
        rows = bench.conn.execute(
            select(action.id).where(action.trigger_count >= action.required_triggers)
        )
        return set(rows.scalars())

    def test_actions_fall_due_with_their_jobs(self, bench):
        first = bench.add("first")
        second = bench.add("second", [first])
        at_start = self.action(bench, "on_workflow_start")
        ready = self.action(bench, "on_jobs_ready", [first, second])
        complete = self.action(bench, "on_jobs_complete", [first, second])
        at_end = self.action(bench, "on_workflow_complete")
        bench.initialize()
        assert self.due(bench) == {at_start}
        bench.claim()
        reply = bench.turn(ends=[bench.ending(first)])
        assert reply.has_pending_actions
        assert self.due(bench) == {at_start, ready}
        bench.run(second)
        assert self.due(bench) == {at_start, ready, complete, at_end}

    @pytest.mark.parametrize("awaits", [True, False])
    def test_due_actions_are_news_to_a_runner_that_knows_of_none(self, bench, awaits):
        self.action(bench, "on_jobs_ready", [bench.add("first")])
        bench.initialize()
        request = Exchange(seq=1, awaits_actions=awaits, wait_seconds=60.0)
        answer = answer_exchange(bench.conn, bench.node_id, request, now_ms=NOW)
        assert answer.reply.has_pending_actions
        assert answer.has_news is awaits

    def test_an_action_made_late_counts_what_has_happened(self, bench):
        first, second = bench.create(bench.job("first"), bench.job("second"))
        bench.initialize()
        bench.run(first)
        made = [
            create_action(
                bench.conn,
                bench.workflow_id,
                WorkflowAction(
                    workflow_id=bench.workflow_id,
                    trigger_type=trigger_type,
                    action_type="run_commands",
                    action_config={"commands": ["true"]},
                    job_ids=[first, second],
                ),
            )
            for trigger_type in ("on_jobs_ready", "on_jobs_complete")
        ]
        assert [action.trigger_count for action in made] == [2, 1]
        bench.run(second)
        assert self.due(bench) == {action.id for action in made}

    def test_a_start_sets_actions_back_and_drops_those_of_a_recovery(self, bench):
        job = bench.add("job")
        complete = self.action(bench, "on_jobs_complete", [job], executed=True)
        self.action(bench, "on_workflow_start", is_recovery=True)
        bench.initialize()
        bench.run(job)
        assert self.due(bench) == {complete}
        reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
        bench.initialize()
        assert self.due(bench) == set()

    @pytest.mark.parametrize("how", ["disable", "delete"])
    def test_a_workflow_is_complete_when_its_last_open_job_is_left_out(self, bench, how):
        done, last = bench.add("done"), bench.add("last")
        at_end = self.action(bench, "on_workflow_complete")
        complete(bench, done)
        assert self.due(bench) == set()
        if how == "disable":
            update_job(bench.conn, last, JobPatch(status=JobStatus.DISABLED), now_ms=NOW)
        else:
            delete_job(bench.conn, last, now_ms=NOW)
        assert self.due(bench) == {at_end}
        assert bench.event_types().count("workflow_completed") == 1

    def test_an_initialize_that_ends_the_workflow_leaves_its_actions_due(self, bench):
        first = bench.add("first")
        at_end = self.action(bench, "on_workflow_complete")
        bench.initialize()
        bench.run(first, status=JobStatus.FAILED)
        bench.add("late", [first])
        bench.initialize()
        assert bench.statuses()["late"] == "canceled"
        assert self.due(bench) == {at_end}

    def test_deleted_jobs_are_waited_for_no_longer(self, bench):
        one, two = bench.add("one"), bench.add("two")
        complete = self.action(bench, "on_jobs_complete", [one, two])
        bench.initialize()
        bench.run(one)
        assert self.due(bench) == set()
        bench.turn(releases=[JobRelease(job_id=two, token=1)])
        delete_job(bench.conn, two, now_ms=NOW)
        assert self.due(bench) == {complete}

    def test_jobs_moved_by_hand_count_as_they_are(self, bench):
        one, two = bench.add("one"), bench.add("two")
        ready = self.action(bench, "on_jobs_ready", [one, two])
        manage(bench, one, JobStatus.READY)
        complete(bench, one)
        manage(bench, one, JobStatus.UNINITIALIZED)
        manage(bench, two, JobStatus.READY)
        assert self.due(bench) == set()
        manage(bench, one, JobStatus.READY)
        assert self.due(bench) == {ready}

    def test_a_retry_does_not_count_an_end_twice(self, bench):
        one, two = bench.add("one"), bench.add("two")
        complete = self.action(bench, "on_jobs_complete", [one, two])
        bench.initialize()
        bench.run(one, status=JobStatus.FAILED)
        retry_job(bench.conn, one, 0, 9, now_ms=NOW)
        bench.run(one)
        assert self.due(bench) == set()
        bench.end(two)
        assert self.due(bench) == {complete}
