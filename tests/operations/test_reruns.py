"""Which jobs a reinitialize runs again, and why."""

from __future__ import annotations

import pytest

from torc_core.graph import all_dependencies
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.job_graph import JobGraph
from torc_core.operations.lifecycle.reruns import Findings, KnownFile, decide_reruns

RAW, MIDDLE = 1, 2
SAME = {
    RAW: KnownFile("raw", "raw.txt", 5.0, 5.0),
    MIDDLE: KnownFile("middle", "middle.txt", 6.0, 6.0),
}


def job(job_id, status, *, after=(), reads=(), writes=(), may_go_on=False):
    return Job(
        id=job_id,
        workflow_id=1,
        name=f"j{job_id}",
        command="true",
        status=JobStatus(status),
        depends_on_job_ids=list(after),
        input_file_ids=list(reads),
        output_file_ids=list(writes),
        cancel_on_blocking_job_failure=not may_go_on,
    )


def decide(*jobs, files=SAME, changes=None):
    stated = [tuple(each - 1 for each in one.depends_on_job_ids) for one in jobs]
    files_of = ([tuple(j.input_file_ids) for j in jobs], [tuple(j.output_file_ids) for j in jobs])
    graph = JobGraph(jobs, all_dependencies(stated, [files_of]))
    return {each.name: each for each in decide_reruns(Findings(graph, files, changes or {}))}


def pipeline(**how):
    return decide(
        job(1, "completed", reads=[RAW], writes=[MIDDLE]),
        job(2, "completed", reads=[MIDDLE]),
        job(3, "completed"),
        **how,
    )


def reasons(decided):
    return {name: each.reasons for name, each in decided.items() if each.reruns}


def test_nothing_runs_again_when_nothing_has_changed():
    decided = pipeline()
    assert reasons(decided) == {}
    said = ("it is complete, and nothing has changed",)
    assert [each.reasons for each in decided.values()] == [said] * 3


@pytest.mark.parametrize(
    ("recorded", "present", "reason"),
    [
        (5.0, 5.02, "its input file `raw` changed"),
        (5.0, 4.0, "its input file `raw` changed"),
        (5.0, None, "its input file `raw` is gone"),
        (None, 5.0, "its input file `raw` has no recorded time"),
    ],
)
def test_a_changed_input_runs_its_reader_again_and_what_comes_after(recorded, present, reason):
    files = SAME | {RAW: KnownFile("raw", "raw.txt", recorded, present)}
    assert reasons(pipeline(files=files)) == {"j1": (reason,), "j2": ("job `j1` runs again",)}


@pytest.mark.parametrize(("recorded", "present"), [(5.0, 5.009), (None, None)])
def test_times_that_differ_by_rounding_and_files_that_never_were_are_no_change(recorded, present):
    files = SAME | {RAW: KnownFile("raw", "raw.txt", recorded, present)}
    assert reasons(pipeline(files=files)) == {}


def test_a_missing_output_runs_its_writer_again():
    files = SAME | {MIDDLE: KnownFile("middle", "middle.txt", 6.0, None)}
    assert reasons(pipeline(files=files)) == {
        "j1": ("its output file `middle` is missing",),
        "j2": ("its input file `middle` is gone", "job `j1` runs again"),
    }


def test_a_written_file_whose_time_was_never_recorded_is_no_change():
    files = SAME | {MIDDLE: KnownFile("middle", "middle.txt", None, 6.0)}
    assert reasons(pipeline(files=files)) == {}


def test_files_that_were_deleted_meanwhile_are_no_reason():
    assert reasons(pipeline(files={})) == {}


def test_other_changes_come_in_their_own_words():
    assert reasons(pipeline(changes={3: ["its command changed"]})) == {
        "j3": ("its command changed",)
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("uninitialized", "it was reset, or has not run yet"),
        ("blocked", "it has not run yet"),
        ("ready", "it has not run yet"),
        ("canceled", "it was canceled"),
        ("terminated", "it was terminated"),
    ],
)
def test_what_did_not_complete_runs_again(status, reason):
    decided = decide(job(1, status), job(2, "completed", after=[1]))
    assert reasons(decided) == {"j1": (reason,), "j2": ("job `j1` runs again",)}


@pytest.mark.parametrize("status", ["failed", "pending_failed", "disabled", "pending", "running"])
def test_what_failed_is_disabled_or_active_stays(status):
    decided = decide(job(1, status))["j1"]
    assert (decided.reruns, decided.is_reset) == (False, False)
    assert len(decided.reasons) == 1


def test_a_failed_job_runs_again_if_its_input_changed():
    files = SAME | {RAW: KnownFile("raw", "raw.txt", 5.0, 9.0)}
    decided = decide(job(1, "failed", reads=[RAW]), job(2, "canceled", after=[1]), files=files)
    assert reasons(decided) == {
        "j1": ("its input file `raw` changed",),
        "j2": ("it was canceled", "job `j1` runs again"),
    }


def test_what_was_canceled_because_of_a_failure_stays_so_with_all_downstream():
    decided = decide(
        job(1, "failed"),
        job(2, "canceled", after=[1]),
        job(3, "canceled", after=[2]),
        job(4, "completed", after=[3], may_go_on=True),
    )
    assert not any(each.is_reset for each in decided.values())
    assert decided["j3"].reasons == ("it needs job `j2`, which did not complete",)


def test_a_job_that_has_to_run_again_but_needs_a_failed_one_is_reset_and_does_not_run():
    changes = {2: ["its command changed"]}
    decided = decide(job(1, "failed"), job(2, "completed", after=[1]), changes=changes)["j2"]
    assert (decided.is_reset, decided.reruns) == (True, False)
    assert decided.reasons == ("it needs job `j1`, which did not complete",)


def test_a_job_that_runs_in_spite_of_failures_runs_again():
    decided = decide(job(1, "failed"), job(2, "canceled", after=[1], may_go_on=True))
    assert reasons(decided) == {"j2": ("it was canceled",)}


def test_a_change_goes_on_behind_a_disabled_job():
    decided = decide(
        job(1, "canceled"), job(2, "disabled", after=[1]), job(3, "completed", after=[2])
    )
    assert reasons(decided) == {
        "j1": ("it was canceled",),
        "j3": ("jobs upstream of it run again",),
    }


def test_many_names_are_folded_and_cut():
    jobs = [job(number, "canceled") for number in range(1, 9)]
    odd = [1, 3, 5, 7]
    decided = decide(*jobs, job(9, "blocked", after=range(1, 9)), job(10, "blocked", after=odd))
    assert decided["j9"].reasons[-1] == "jobs `j{1..8}` run again"
    assert decided["j10"].reasons[-1] == "jobs `j1`, `j3`, `j5` and 1 more run again"


def test_jobs_on_a_cycle_never_run():
    decided = decide(job(1, "ready", after=[2]), job(2, "ready", after=[1]))
    assert [(each.reruns, each.is_reset) for each in decided.values()] == [(False, True)] * 2
    assert decided["j1"].reasons == ("its dependencies form a cycle",)
