"""What follows from what jobs do: readiness, cancellation, completion."""

from __future__ import annotations

from torc_core.model.status import JobStatus
from torc_server.storage import tables


def diamond(bench, **fields):
    root = bench.add("root")
    left, right = bench.add("left", [root], **fields), bench.add("right", [root], **fields)
    return root, left, right, bench.add("join", [left, right], **fields)


def test_jobs_become_ready_in_the_turn_in_which_the_last_of_their_dependencies_ends(bench):
    root, left, right, join = diamond(bench)
    bench.initialize()
    assert bench.claimed_ids() == [root]
    bench.end(root)
    assert bench.claimed_ids() == [left, right]
    bench.end(left)
    assert bench.claimed_ids() == []
    bench.end(right)
    assert bench.claimed_ids() == [join]
    assert bench.turn().is_complete is False
    bench.end(join)
    assert bench.turn().is_complete
    assert set(bench.statuses().values()) == {"completed"}


def test_a_diamond_whose_root_fails_ends_with_everything_cancelled(bench):
    root, *_ = diamond(bench)
    bench.initialize()
    bench.run(root, status=JobStatus.FAILED)
    assert bench.statuses() == {
        "root": "failed",
        "left": "canceled",
        "right": "canceled",
        "join": "canceled",
    }
    assert bench.turn().is_complete
    assert bench.event_types().count("job_canceled") == 3
    assert bench.event_types().count("workflow_completed") == 1


def test_a_join_of_joins_behind_a_failing_root_ends_too(bench):
    root, left, right, join = diamond(bench)
    other = bench.add("other", [root])
    bench.add("join of joins", [join, other, left])
    bench.add("end", [right, bench.add("late", [join])])
    bench.initialize()
    bench.run(root, status=JobStatus.TERMINATED)
    assert bench.statuses().pop("root") == "terminated"
    assert set(bench.statuses().values()) == {"terminated", "canceled"}
    assert bench.turn().is_complete


def test_a_join_that_does_not_mind_runs_when_all_before_it_have_ended(bench):
    good, bad = bench.add("good"), bench.add("bad")
    join = bench.add("join", [good, bad], cancel_on_blocking_job_failure=False)
    bench.add("after", [join])
    bench.initialize()
    bench.run(bad, status=JobStatus.FAILED)
    assert bench.statuses()["join"] == "blocked"
    bench.end(good)
    bench.run(join)
    assert bench.statuses() == {
        "good": "completed",
        "bad": "failed",
        "join": "completed",
        "after": "ready",
    }


def test_a_job_that_does_not_mind_failures_runs_after_one(bench):
    root, left, *_ = diamond(bench, cancel_on_blocking_job_failure=False)
    bench.initialize()
    bench.run(root, status=JobStatus.TERMINATED)
    assert bench.statuses()["left"] == "ready"
    assert left in bench.claimed_ids()


def test_a_cascade_waits_for_the_other_dependencies_of_a_join(bench):
    root, other = bench.add("root"), bench.add("other")
    left = bench.add("left", [root])
    bench.add("join", [left, other])
    bench.initialize()
    bench.run(root, status=JobStatus.FAILED)
    assert bench.statuses()["join"] == "blocked"
    bench.end(other)
    assert bench.statuses()["join"] == "canceled"


def test_a_job_that_waits_for_a_decision_holds_its_dependents_and_the_workflow(bench):
    root, *_ = diamond(bench)
    bench.initialize()
    bench.run(root, status=JobStatus.PENDING_FAILED)
    assert bench.statuses()["left"] == "blocked"
    assert not bench.turn().is_complete


def test_files_and_user_data_make_dependencies(bench):
    data, value = bench.file("data"), bench.user_data("value")
    reader = bench.add("reader", input_file_ids=[data], input_user_data_ids=[value])
    writer = bench.add("writer", output_file_ids=[data])
    other = bench.add("other", output_user_data_ids=[value])
    bench.initialize()
    assert bench.claimed_ids() == [writer, other]
    bench.end(writer, other)
    assert bench.claimed_ids() == [reader]


def test_a_thousand_jobs_that_wait_for_the_same_thousand_share_one_set(bench):
    first = bench.create(*(bench.job(f"a{i}") for i in range(1000)))
    bench.create(*(bench.job(f"b{i}", depends_on_job_ids=list(first)) for i in range(1000)))
    bench.initialize()
    assert bench.count(tables.dependency_set) == 1
    assert bench.count(tables.dependency_set_member) == 1000
    bench.run(*first)
    assert len(bench.claimed_ids()) == 1000


def test_a_failed_end_with_retry_keeps_its_result_and_runs_again(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    assert bench.end(job, status=JobStatus.FAILED, retry=True) == ["ok"]
    assert bench.statuses() == {"job": "ready"}
    assert bench.claim().jobs[0].job.attempt_id == 2
    bench.end(job)
    assert [(r.attempt_id, r.return_code) for r in _results(bench)] == [(1, 1), (2, 0)]
    [latest] = _rows(bench, tables.latest_result)
    assert latest.result_id == _results(bench)[-1].id


def test_ends_tell_their_story_in_events(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.start(job)
    bench.end(job)
    assert bench.event_types() == [
        "workflow_started",
        "job_started",
        "job_completed",
        "workflow_completed",
    ]
    assert bench.events()[2][1] == {
        "job_id": job,
        "job_name": "job",
        "status": "completed",
        "return_code": 0,
        "compute_node_id": bench.node_id,
        "run_id": 0,
    }


def test_a_start_that_is_told_with_its_end_is_an_event_of_its_own(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    bench.end(job, start_time="2024-01-01T00:00:00.000Z")
    assert bench.event_types()[1:3] == ["job_started", "job_completed"]


def test_modification_times_of_written_files_are_kept(bench):
    data = bench.file("data")
    job = bench.add("job", output_file_ids=[data])
    bench.initialize()
    claimed = bench.claim().jobs[0]
    assert [(f.id, f.path) for f in claimed.output_files] == [(data, "data.dat")]
    bench.end(job, output_file_mtimes={data: 12.5})
    assert _rows(bench, tables.file)[0].st_mtime == 12.5


def _rows(bench, table):
    return bench.conn.execute(table.select()).all()


def _results(bench):
    return _rows(bench, tables.result)
