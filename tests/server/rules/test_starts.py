"""A workflow is started once, however many start it; what was terminated runs again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW
from server.rules.test_interrupted import interrupt

from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.compute import ComputeNodePatch
from torc_core.model.records.workflow_run import (
    RunProcess,
    RunStatus,
    StartRequest,
    WorkflowRunPatch,
)
from torc_core.model.status import JobStatus
from torc_server.records import crud
from torc_server.records.pages import Paging
from torc_server.records.resources import COMPUTE_NODE
from torc_server.records.workflow_runs import list_runs
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.large.deletion import delete_workflow
from torc_server.rules.resets import reset_job_status
from torc_server.rules.runs.records import get_run, update_run
from torc_server.rules.runs.start import start_workflow
from torc_server.rules.workflows import archive_workflow
from torc_server.storage import tables

PROCESS = RunProcess(host="here", boot_id="b", pid=7, pid_start=70)


def start(bench, **fields):
    request = StartRequest(user="u", **fields)
    return start_workflow(bench.conn, bench.workflow_id, request, now_ms=NOW)


def report(bench, run, status, *, now_ms=NOW, **fields):
    patch = WorkflowRunPatch(status=status, **fields)
    return update_run(bench.conn, run.id, patch, now_ms=now_ms)


def runs(bench, now_ms=NOW):
    return list_runs(bench.conn, bench.workflow_id, Paging(), now_ms=now_ms).items


def test_the_first_start_initializes_and_the_second_does_not(bench):
    first, second = bench.add("first"), bench.add("second")
    reply = start(bench)
    assert (reply.is_new, reply.run.run_id) == (True, 1)
    bench.run(first, second)

    again = start(bench)

    assert (again.is_new, again.resumed_jobs, again.run.run_id) == (False, 0, 1)
    assert again.run.id != reply.run.id
    assert set(bench.statuses().values()) == {"completed"}
    assert bench.workflow().run_id == 1


def test_a_repeated_request_is_one_start(bench):
    bench.add("job")
    first = start(bench, key="k")
    again = start(bench, key="k")

    assert again.run == first.run
    assert len(runs(bench)) == 1


def test_a_workflow_whose_jobs_were_all_reset_starts_anew(bench):
    job = bench.add("job")
    start(bench)
    bench.run(job)
    reset_job_status(bench.conn, bench.workflow_id, now_ms=NOW)

    reply = start(bench)

    assert (reply.is_new, reply.run.run_id) == (True, 2)
    assert bench.statuses() == {"job": "ready"}


def test_a_workflow_without_jobs_is_started_once(bench):
    assert start(bench).is_new
    assert not start(bench).is_new
    assert bench.workflow().run_id == 1


def test_disabled_jobs_stay_disabled(bench):
    job = bench.add("job")
    bench.add("other")
    disabled = tables.job.update().where(tables.job.c.id == job)
    bench.conn.execute(disabled.values(status=JobStatus.DISABLED.number))
    start(bench)
    assert bench.statuses() == {"job": "disabled", "other": "ready"}


def test_file_times_come_with_the_first_start_only(bench):
    file_id = bench.file("f")
    bench.add("job", input_file_ids=[file_id])
    start(bench, file_times={file_id: 12.5})
    start(bench, file_times={file_id: 99.0})
    assert bench.conn.execute(tables.file.select()).one().st_mtime == 12.5


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda b: cancel_workflow(b.conn, b.workflow_id, now_ms=NOW), "canceled"),
        (
            lambda b: archive_workflow(b.conn, b.workflow_id, is_archived=True, now_ms=NOW),
            "archived",
        ),
    ],
)
def test_what_is_canceled_or_archived_is_not_started(bench, spoil, word):
    bench.add("job")
    spoil(bench)
    with pytest.raises(ConflictError, match=word):
        start(bench)
    assert bench.workflow().run_id == 0
    assert runs(bench) == []


def test_what_does_not_exist_is_not_started(bench):
    with pytest.raises(NotFoundError):
        start_workflow(bench.conn, 999, StartRequest(user="u"), now_ms=NOW)


@pytest.mark.parametrize("wrong", [0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["heartbeat_interval", "report_by_buffer"])
def test_heartbeats_that_cannot_be(bench, name, wrong):
    with pytest.raises(UsageError, match=name):
        start(bench, **{name: wrong})


# Terminated jobs.


def test_an_interrupted_job_runs_again_in_the_same_run(bench):
    first = bench.add("first")
    bench.add("second", [first])
    start(bench)
    interrupt(bench, first)

    reply = start(bench)

    assert (reply.is_new, reply.resumed_jobs, reply.run.run_id) == (False, 1, 1)
    assert bench.statuses() == {"first": "ready", "second": "blocked"}
    [claimed] = bench.claim().jobs
    assert (claimed.job.attempt_id, claimed.counted_attempt) == (2, 1)
    bench.end(first)
    assert bench.statuses() == {"first": "completed", "second": "ready"}
    assert bench.count(tables.result) == 2


def test_terminated_jobs_may_be_kept_as_they_are(bench):
    job = bench.add("job")
    start(bench)
    interrupt(bench, job)

    again = start(bench, keeps_terminated=True)

    assert (again.is_new, again.resumed_jobs) == (False, 0)
    assert set(bench.statuses().values()) == {"terminated"}


def test_its_result_stays_the_latest_until_there_is_another(bench):
    job = bench.add("job")
    start(bench)
    interrupt(bench, job)
    start(bench)
    assert bench.count(tables.latest_result) == 1


def test_what_a_terminated_job_had_canceled_waits_for_it_again(bench):
    limited = bench.add("limited")
    other = bench.add("other")
    after = bench.add("after", [limited])
    bench.add("last", [after, other])
    stays = bench.add("stays", [other])
    start(bench)
    bench.claim()
    bench.end(limited, status=JobStatus.TERMINATED)
    bench.end(other)
    assert bench.statuses() == {
        "limited": "terminated",
        "other": "completed",
        "after": "canceled",
        "last": "canceled",
        "stays": "ready",
    }

    assert start(bench).resumed_jobs == 3

    assert bench.statuses() == {
        "limited": "ready",
        "other": "completed",
        "after": "blocked",
        "last": "blocked",
        "stays": "ready",
    }
    bench.run(limited)
    bench.run(after)
    assert bench.statuses()["last"] == "ready"
    assert stays


def test_what_another_failure_canceled_too_is_canceled_again(bench):
    limited, failing = bench.add("limited"), bench.add("failing")
    bench.add("after", [limited, failing])
    start(bench)
    bench.claim()
    bench.end(limited, status=JobStatus.TERMINATED)
    bench.end(failing, status=JobStatus.FAILED)
    start(bench)
    bench.run(limited)
    assert bench.statuses() == {
        "limited": "completed",
        "failing": "failed",
        "after": "canceled",
    }
    assert bench.event_types().count("workflow_completed") == 2


def test_failed_jobs_wait_for_a_decision_of_their_owner(bench):
    job = bench.add("job")
    start(bench)
    bench.run(job, status=JobStatus.FAILED)
    assert start(bench).resumed_jobs == 0
    assert bench.statuses() == {"job": "failed"}


# Records.


def test_a_run_is_pending_then_running_then_over(bench):
    bench.add("job")
    run = start(bench, process=PROCESS).run
    assert (run.status, run.kind, run.process) == ("pending", "start", PROCESS)

    runner = replace(PROCESS, pid=8)
    begun = report(bench, run, RunStatus.RUNNING, process=runner, compute_node_id=bench.node_id)
    assert (begun.status, begun.process, begun.compute_node_id) == (
        "running",
        runner,
        bench.node_id,
    )

    ended = report(bench, run, RunStatus.COMPLETED, exit_code=0, reason="done")
    assert (ended.status, ended.exit_code, ended.reason) == ("completed", 0, "done")
    assert report(bench, run, RunStatus.FAILED, exit_code=1) == ended
    assert [t for t in bench.event_types() if t.startswith("run_")] == ["run_started", "run_ended"]
    with pytest.raises(ConflictError, match="completed"):
        report(bench, run, RunStatus.RUNNING)


def test_exchanges_of_the_runner_are_heartbeats_of_its_run(bench):
    bench.add("job")
    run = start(bench).run
    report(bench, run, RunStatus.RUNNING, compute_node_id=bench.node_id)
    late = NOW + 93_001
    assert get_run(bench.conn, run.id, now_ms=late - 2).status == "running"
    assert get_run(bench.conn, run.id, now_ms=late).status == "stalled"

    seen = tables.compute_node.update().values(last_seen_at=NOW + 60_000)
    bench.conn.execute(seen)

    assert get_run(bench.conn, run.id, now_ms=late).status == "running"


def test_a_run_may_state_its_own_pace(bench):
    bench.add("job")
    run = start(bench, heartbeat_interval=2.0, report_by_buffer=1.5).run
    assert get_run(bench.conn, run.id, now_ms=NOW + 3_000).status == "pending"
    assert get_run(bench.conn, run.id, now_ms=NOW + 3_001).status == "stalled"


def test_several_runs_of_a_workflow_may_be_live(bench):
    bench.add("job")
    for node in (bench.node_id, bench.add_node()):
        report(bench, start(bench).run, RunStatus.RUNNING, compute_node_id=node)
    assert [run.status for run in runs(bench)] == ["running", "running"]


def test_a_run_whose_node_is_deregistered_by_another_is_lost(bench):
    bench.add("job")
    run = start(bench).run
    report(bench, run, RunStatus.RUNNING, compute_node_id=bench.node_id)
    gone = ComputeNodePatch(is_active=False)
    crud.update(bench.conn, COMPUTE_NODE, bench.node_id, gone, now_ms=NOW)

    lost = get_run(bench.conn, run.id, now_ms=NOW)
    assert (lost.status, lost.exit_code) == ("lost", None)
    # It was only believed dead.
    assert report(bench, run, RunStatus.COMPLETED, exit_code=0).status == "completed"


@pytest.mark.parametrize(
    "status", [RunStatus.PENDING, RunStatus.RESUMING, RunStatus.STALLED, RunStatus.REPLACED]
)
def test_a_runner_cannot_report_what_is_not_its_own(bench, status):
    bench.add("job")
    with pytest.raises(UsageError, match=status):
        report(bench, start(bench).run, status)


def test_runs_go_with_their_workflow(bench):
    bench.add("job")
    start(bench)
    delete_workflow(bench.conn, bench.workflow_id)
    assert bench.count(tables.workflow_run) == 0
