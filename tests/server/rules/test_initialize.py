"""What initialize makes of the jobs of a workflow."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, TIME
from sqlalchemy import select, update

from torc_core.errors import ConflictError, NotFoundError, TransitionError, UsageError
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import JobRelease
from torc_core.model.job import JobPatch
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import InputChange, ResetJobsRequest
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.attempts.client_reports import complete_job, start_job
from torc_server.rules.editing import update_job
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.resets import (
    process_changed_job_inputs,
    reset_chosen_jobs,
    reset_job_status,
    reset_workflow_status,
)
from torc_server.storage import tables


def changed(bench, **options):
    return process_changed_job_inputs(
        bench.conn, bench.workflow_id, now_ms=NOW, **options
    ).reinitialized_jobs


def changes(bench):
    return process_changed_job_inputs(
        bench.conn, bench.workflow_id, dry_run=True, now_ms=NOW
    ).changes


def chain(bench):
    first = bench.add("first")
    second = bench.add("second", [first])
    return first, second, bench.add("third", [second])


def test_the_first_start_and_later_ones_have_different_events(bench):
    bench.add("job")
    bench.initialize()
    bench.initialize(only_uninitialized=True)
    bench.initialize(clear_ephemeral_user_data=True)
    said = {"only_uninitialized": False, "clear_ephemeral_user_data": False, "run_id": 0}
    assert bench.events() == [
        ("workflow_started", said | {"jobs": 1}),
        ("workflow_reinitialized", said | {"jobs": 0, "only_uninitialized": True}),
        ("workflow_reinitialized", said | {"jobs": 1, "clear_ephemeral_user_data": True}),
    ]


def test_a_circle_through_files_is_named_and_nothing_changes(bench):
    one, two = bench.file("one"), bench.file("two")
    bench.add("a", input_file_ids=[one], output_file_ids=[two])
    bench.add("b", input_file_ids=[two], output_file_ids=[one])
    with pytest.raises(ConflictError, match=r"in a cycle: (a -> b -> a|b -> a -> b)"):
        bench.initialize()
    assert set(bench.statuses().values()) == {"uninitialized"}


def test_a_job_that_reads_and_writes_one_file_does_not_wait_for_itself(bench):
    data = bench.file("data")
    job = bench.add("job", input_file_ids=[data], output_file_ids=[data])
    bench.initialize()
    assert bench.claimed_ids() == [job]


def test_completed_failed_disabled_and_running_jobs_stay_what_they_are(bench):
    done, lost, going = bench.add("done"), bench.add("lost"), bench.add("going")
    runs, off, stopped = bench.add("runs"), bench.add("off"), bench.add("stopped")
    update_job(bench.conn, off, JobPatch(status=JobStatus.DISABLED), now_ms=NOW)
    bench.initialize()
    bench.claim()
    bench.end(done)
    bench.end(lost, status=JobStatus.FAILED)
    bench.end(stopped, status=JobStatus.CANCELED)
    bench.start(runs)
    before = bench.statuses()
    assert sorted(before.values()) == [
        "canceled",
        "completed",
        "disabled",
        "failed",
        "pending",
        "running",
    ]
    bench.initialize()
    bench.initialize(only_uninitialized=True)
    assert bench.statuses() == before
    assert bench.end(going) == ["ok"]


def test_jobs_whose_runners_are_gone_are_taken_up_again(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.conn.execute(update(tables.compute_node).values(is_active=False))
    bench.initialize()
    assert bench.statuses() == {"job": "ready"}
    assert bench.claim(node_id=bench.add_node(), seq=1).jobs[0].token == 2
    assert bench.end(job, token=1) == ["fenced"]


def test_only_jobs_whose_own_runner_is_gone_are_taken_up_again(bench):
    for name in ("here", "there", "claimed"):
        bench.add(name)
    bench.initialize()
    here, there, _ = (
        job.id for job in claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW).jobs
    )
    gone = bench.add_node()
    start_job(bench.conn, here, 0, bench.node_id, now_ms=NOW)
    start_job(bench.conn, there, 0, gone, now_ms=NOW)
    table = tables.compute_node
    bench.conn.execute(update(table).where(table.c.id == gone).values(is_active=False))
    bench.initialize()
    assert bench.statuses() == {"here": "running", "there": "ready", "claimed": "ready"}


@pytest.mark.parametrize("only_uninitialized", [False, True])
def test_a_claim_that_no_runner_of_ours_made_is_given_up(bench, only_uninitialized):
    first, second, _ = chain(bench)
    bench.initialize()
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize(only_uninitialized=only_uninitialized)
    assert bench.statuses() == {"first": "ready", "second": "blocked", "third": "blocked"}
    assert bench.claim().jobs[0].token == 2
    with pytest.raises(TransitionError):
        start_job(bench.conn, second, 0, bench.node_id, now_ms=NOW)
    assert bench.end(first) == ["ok"]
    assert bench.statuses() == {"first": "completed", "second": "ready", "third": "blocked"}
    attempts = bench.conn.execute(
        select(tables.attempt.c.token, tables.attempt.c.outcome).order_by(tables.attempt.c.id)
    )
    assert attempts.all() == [(1, "lost"), (2, "completed")]


@pytest.mark.parametrize("only_uninitialized", [False, True])
def test_what_a_living_runner_has_claimed_does_not_run_twice(bench, only_uninitialized):
    job, ahead = bench.add("job"), bench.add("ahead")
    bench.initialize()
    few = ComputeNodesResources(num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1)
    claim = bench.claim(1, few, queue_ahead=1, node=few)
    assert [claimed.job.id for claimed in claim.jobs] == [job, ahead]
    bench.initialize(only_uninitialized=only_uninitialized)
    assert bench.claimed_ids(node_id=bench.add_node(), seq=1) == []
    bench.start(job, ahead)
    assert bench.statuses() == {"job": "running", "ahead": "running"}
    assert bench.end(job, ahead) == ["ok", "ok"]


def test_a_client_that_is_there_after_all_may_still_report_how_its_job_ended(bench):
    job = bench.add("job")
    bench.initialize()
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    with pytest.raises(TransitionError):
        start_job(bench.conn, job, 0, bench.node_id, now_ms=NOW)
    result = Result(
        job_id=job,
        workflow_id=bench.workflow_id,
        run_id=0,
        compute_node_id=bench.node_id,
        return_code=0,
        exec_time_minutes=0.5,
        completion_time=TIME,
        status=JobStatus.COMPLETED,
    )
    complete_job(bench.conn, job, JobStatus.COMPLETED, 0, result, now_ms=NOW)
    assert bench.statuses() == {"job": "completed"}
    bench.initialize()
    assert bench.statuses() == {"job": "completed"}


def test_a_job_that_was_given_up_and_not_given_away_may_still_end(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.conn.execute(update(tables.compute_node).values(is_active=False))
    bench.initialize()
    assert bench.end(job) == ["ok"]
    assert bench.statuses() == {"job": "completed"}


def test_only_uninitialized_takes_up_what_comes_after_them_too(bench):
    first, second, third = chain(bench)
    bench.add("apart")
    bench.initialize()
    bench.run(first)
    bench.run(second)
    bench.run(third)
    bench.conn.execute(
        update(tables.job)
        .where(tables.job.c.id == second)
        .values(status=JobStatus.UNINITIALIZED.number)
    )
    bench.initialize(only_uninitialized=True)
    assert bench.statuses() == {
        "first": "completed",
        "second": "ready",
        "third": "blocked",
        "apart": "pending",
    }


def test_a_second_run_of_the_same_number_keeps_both_results(bench):
    job = bench.add("job")
    bench.initialize()
    bench.run(job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    bench.initialize()
    assert bench.count(tables.latest_result) == 0
    bench.run(job)
    results = bench.conn.execute(select(tables.result.c.attempt_id)).scalars().all()
    assert results == [1, 2]
    assert bench.event_types().count("workflow_completed") == 2


@pytest.mark.parametrize("only_uninitialized", [False, True])
def test_a_job_that_does_not_run_again_keeps_its_latest_result(bench, only_uninitialized):
    ends = ("completed", "failed", "canceled", "terminated", "pending_failed")
    jobs = {status: bench.add(status) for status in ends}
    bench.initialize()
    for status, job in jobs.items():
        bench.run(job, status=JobStatus(status))
    bench.initialize(only_uninitialized=only_uninitialized)
    ready = {name for name, status in bench.statuses().items() if status == "ready"}
    assert ready == {"terminated"} | (set() if only_uninitialized else {"pending_failed"})
    kept = set(bench.conn.execute(select(tables.latest_result.c.job_id)).scalars())
    assert kept == {job for status, job in jobs.items() if status not in ready}


def test_jobs_behind_an_old_failure_are_cancelled_at_once(bench):
    first, *_ = chain(bench)
    bench.initialize()
    bench.run(first, status=JobStatus.FAILED)
    bench.add("late", [first])
    bench.initialize(only_uninitialized=True)
    assert bench.statuses()["late"] == "canceled"


def test_only_what_changed_and_what_comes_after_runs_again(bench):
    value = bench.user_data("value", {"x": 1})
    first, second, third = chain(bench)
    reader = bench.add("reader", input_user_data_ids=[value])
    bench.initialize()
    for job in (first, second, third):
        bench.run(job)
    bench.end(reader)
    assert changed(bench) == []
    bench.conn.execute(
        update(tables.job).where(tables.job.c.id == second).values(command="true again")
    )
    bench.conn.execute(update(tables.user_data).values(data={"x": 2}))
    assert changed(bench, dry_run=True) == ["second", "third", "reader"]
    assert set(bench.statuses().values()) == {"completed"}
    assert changed(bench) == ["second", "third", "reader"]
    assert bench.event_types()[-1] == "workflow_reset"
    bench.initialize(only_uninitialized=True)
    assert bench.statuses() == {
        "first": "completed",
        "second": "ready",
        "third": "blocked",
        "reader": "ready",
    }


def test_what_jobs_write_themselves_is_no_change(bench):
    value = bench.user_data("value")
    writer = bench.add("writer", output_user_data_ids=[value])
    reader = bench.add("reader", input_user_data_ids=[value])
    bench.initialize()
    bench.run(writer)
    bench.conn.execute(update(tables.user_data).values(data={"x": 2}))
    bench.run(reader)
    assert changed(bench) == []


def test_ephemeral_user_data_is_forgotten_when_asked(bench):
    bench.user_data("kept", 1)
    bench.user_data("passing", 2, is_ephemeral=True)
    bench.initialize()
    assert _values(bench) == [1, 2]
    bench.initialize(clear_ephemeral_user_data=True)
    assert _values(bench) == [1, None]


def test_a_workflow_without_jobs_is_complete(bench):
    bench.initialize()
    assert bench.event_types() == ["workflow_started", "workflow_completed"]
    assert bench.turn().is_complete


def test_a_strange_workflow_is_not_found(bench):
    with pytest.raises(NotFoundError):
        initialize_jobs(bench.conn, 999, now_ms=NOW)


def test_releasing_a_job_after_it_was_taken_back_is_fenced_or_illegal(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    reply = bench.turn(releases=[JobRelease(job_id=job, token=1)])
    assert [outcome.result for outcome in reply.outcomes] == ["illegal"]
    assert bench.statuses() == {"job": "uninitialized"}


def _values(bench):
    return list(bench.conn.execute(select(tables.user_data.c.data)).scalars())


@pytest.mark.parametrize("number", [1, 8, 9])
def test_a_changed_job_says_which_value_it_was(bench, number):
    read = [bench.user_data(f"u{i}", 1) for i in range(number)]
    job = bench.add("job", input_user_data_ids=read)
    other = bench.add("other")
    bench.initialize()
    table = tables.user_data
    bench.conn.execute(update(table).where(table.c.id == read[-1]).values(data=2))
    named = [read[-1]] if number <= 8 else []
    said = InputChange(job_id=job, user_data=True, user_data_ids=named)
    assert changes(bench) == [said]

    bench.conn.execute(update(tables.job).values(command="false"))
    assert changes(bench) == [
        InputChange(job_id=job, command=True, user_data=True, user_data_ids=named),
        InputChange(job_id=other, command=True),
    ]


def test_a_change_of_which_nothing_is_known_is_one_all_the_same(bench):
    job = bench.add("job")
    bench.initialize()
    table = tables.job
    bench.conn.execute(update(table).values(invocation_script="bash"))
    assert changes(bench) == [InputChange(job_id=job)]

    stored = bench.conn.execute(select(table.c.input_hash)).scalar_one()
    bench.conn.execute(update(table).values(input_hash=stored.partition(":")[0], command="false"))
    assert changes(bench) == [InputChange(job_id=job)]


def test_chosen_jobs_are_reset_but_not_those_that_run_are_disabled_or_come_after(bench):
    first, _second, _third = chain(bench)
    off, runs = bench.add("off"), bench.add("runs")
    update_job(bench.conn, off, JobPatch(status=JobStatus.DISABLED), now_ms=NOW)
    bench.initialize()
    bench.run(first)
    bench.claim()
    bench.start(runs)
    file = bench.file("file")
    request = ResetJobsRequest(job_ids=[first, off, runs], file_times={file: 12.5})
    reply = reset_chosen_jobs(bench.conn, bench.workflow_id, request, now_ms=NOW)
    assert reply.updated_count == 1
    assert bench.conn.execute(tables.file.select()).one().st_mtime == 12.5
    assert bench.statuses() == {
        "first": "uninitialized",
        "second": "pending",
        "third": "blocked",
        "off": "disabled",
        "runs": "running",
    }


def test_jobs_of_another_workflow_are_not_reset(bench):
    request = ResetJobsRequest(job_ids=[99])
    with pytest.raises(UsageError, match="no job 99"):
        reset_chosen_jobs(bench.conn, bench.workflow_id, request, now_ms=NOW)


def test_jobs_that_are_reset_have_all_their_retries_again_in_the_next_run(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    bench.end(job, status=JobStatus.FAILED, retry=True)
    bench.run(job, status=JobStatus.FAILED)

    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)
    reset_workflow_status(bench.conn, bench.workflow_id, begin_run=True, now_ms=NOW)
    bench.initialize()

    [claimed] = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)
