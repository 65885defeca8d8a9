"""What runs have left: how each went, what differs between two, what ran where when."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodes import compute_node

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.job import Job
from torc_core.model.records.workflow_run import StartRequest
from torc_core.model.resources import ResourceRequirements, ResourceRequirementsPatch
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.history.diff import changes, compare_runs, difference
from torc_core.operations.history.runs import run_history
from torc_core.operations.history.timeline import (
    NodeTimeline,
    Span,
    busy_share,
    idle_gaps,
    lanes_of,
    make_timeline,
    occupancy,
    read_timeline,
)

C, F = JobStatus.COMPLETED, JobStatus.FAILED


def result(job_id=1, status=C, minutes=1.0, memory=None, **more):
    more = {"run_id": 1, "return_code": 0 if status is C else 1, "workflow_id": 1,
            "compute_node_id": 1, "completion_time": "2026-01-31T12:00:00.000Z"} | more  # fmt: skip
    return Result(
        job_id=job_id, status=status, exec_time_minutes=minutes, peak_memory_bytes=memory, **more
    )


@pytest.mark.parametrize(
    ("older", "newer", "changed"),
    [
        (result(), result(), []),
        (result(status=F), result(), ["outcome"]),
        (result(status=F), result(status=F, return_code=137), ["outcome"]),
        (result(minutes=1.0), result(minutes=1.1), []),
        (result(minutes=1.0), result(minutes=1.3), ["duration"]),
        (result(minutes=0.001), result(minutes=0.01), []),  # both in no time
        (result(memory=2**30), result(memory=2**31), ["memory"]),
        (result(memory=2**10), result(memory=2**12), []),
        (result(memory=None), result(memory=2**31), []),
    ],
)
def test_what_differs_between_attempts(older, newer, changed):
    assert changes(older, newer) == changed


def test_other_outcomes_come_first_and_then_the_largest_changes():
    older = {at: result(at, minutes=10.0) for at in (1, 2, 3, 4, 9)}
    newer = {1: result(1, minutes=20.0), 2: result(2, F), 3: result(3, minutes=90.0),
             4: result(4, minutes=10.0), 5: result(5)}  # fmt: skip
    found = difference(1, (1, older), (2, newer), {4})

    assert [each.job_id for each in found.jobs] == [2, 3, 1, 4]
    assert found.jobs[-1].changed == ["requirements"]
    assert found.sentence == (
        "4 of 4 jobs differ between run 1 and run 2: 1 in outcome, 3 in duration, 1 in "
        "requirements; 1 ran only in run 1, 1 ran only in run 2."
    )


def test_runs_without_common_jobs_or_differences_say_so():
    one, two = {1: result(1)}, {2: result(2)}

    assert difference(1, (1, one), (2, one)).sentence == (
        "None of 1 job differs between run 1 and run 2."
    )
    assert difference(1, (1, one), (2, two)).sentence == (
        "No job has results of both run 1 and run 2; 1 ran only in run 1, 1 ran only in run 2."
    )


SPANS = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 50)).map(
        lambda each: Span(each[0], each[0] + each[1], 1, "job", "completed")
    ),
    max_size=30,
)


@given(SPANS)
def test_attempts_of_a_lane_do_not_overlap_and_none_is_lost(spans):
    lanes = lanes_of(spans)

    assert sorted(span for lane in lanes for span in lane) == sorted(spans)
    for lane in lanes:
        assert all(a.end <= b.begin for a, b in pairwise(lane))


@given(SPANS, st.integers(1, 60))
def test_the_time_in_jobs_is_the_area_under_the_occupancy(spans, cells):
    busy = occupancy(spans, 0.0, 200.0, cells)

    assert sum(busy) * 200.0 / cells == pytest.approx(
        sum(each.end - each.begin for each in spans), abs=1e-6
    )


def span(begin, end, name="job", status="completed"):
    return Span(begin, end, 1, name, status)


def test_idle_time_of_a_node():
    node = NodeTimeline(1, "n", 0.0, 100.0, lanes_of([span(10, 20), span(15, 40), span(60, 90)]))

    assert idle_gaps(node) == [(0.0, 10), (40, 60), (90, 100.0)]
    assert busy_share(node) == pytest.approx((10 + 25 + 30) / 200)


def test_a_timeline_has_a_node_for_each_that_ran_something_and_no_time_outside_the_run():
    found = make_timeline(
        2,
        {7: [span(100, 200)], 8: [span(150, 250)]},
        {7: ("r1", 50.0, 400.0), 9: ("r3", 0.0, 9.0)},
    )

    assert (found.begin, found.end) == (100, 250)
    assert [(node.name, node.begin, node.end) for node in found.nodes] == [
        ("node 8", 150, 250),
        ("r1", 100, 250),
    ]


@pytest.fixture
def two_runs(client):
    """A workflow of two runs: a failed and then completed, b took longer, c ran once."""
    number = client.create_workflow(Workflow(name="runs", user="tester")).id
    needs = client.create_resource_requirements(
        ResourceRequirements(workflow_id=number, name="r", num_cpus=1, memory="1g", runtime="PT9M")
    )
    jobs = {
        name: client.create_job(
            Job(workflow_id=number, name=name, command="true",
                resource_requirements_id=needs.id if name == "b" else None)
        ).id
        for name in "abc"
    }  # fmt: skip
    node = client.create_compute_node(
        compute_node(
            workflow_id=number,
            hostname="r12n03",
            pid=77,
            start_time="2026-01-31T11:00:00.000Z",
            is_active=False,
            num_cpus=4,
            memory_gb=16.0,
        )
    )
    client.initialize_jobs(number)

    def ended(name, run_id, status=C, minutes=1.0, clock="12:00", attempt_id=1):
        client.create_result(
            result(jobs[name], status, minutes, workflow_id=number, run_id=run_id,
                   compute_node_id=node.id, attempt_id=attempt_id,
                   completion_time=f"2026-01-31T{clock}:00.000Z")
        )  # fmt: skip

    present = client.get_workflow_status(number).run_id
    ended("a", present, F)
    ended("b", present, clock="12:05")
    ended("c", present, clock="12:06")
    client.update_resource_requirements(needs.id, ResourceRequirementsPatch(memory="2g"))
    yield number, present, ended
    client.delete_workflow(number)


def begin_next(client, number):
    client.reset_job_status(number)
    client.start_workflow(number, StartRequest(user="tester"))


def test_two_runs_are_compared_job_by_job(client, two_runs):
    number, first, ended = two_runs
    begin_next(client, number)
    second = client.get_workflow_status(number).run_id
    assert second == first + 1
    ended("a", second, F, clock="13:00")
    ended("a", second, clock="13:10", attempt_id=2)
    ended("b", second, minutes=5.0, clock="13:20")
    found = compare_runs(client, number)

    assert [(each.job_name, each.changed) for each in found.jobs] == [
        ("a", ["outcome"]),
        ("b", ["duration", "requirements"]),
    ]
    assert (found.num_compared, found.only_older, found.only_newer) == (2, 1, 0)
    history = run_history(client, number)
    assert [(run.run_id, run.completed, run.failed) for run in history] == [
        (second, 2, 1),
        (first, 2, 1),
    ]
    assert history[1].duration_s == 360.0 or history[1].started_at is not None

    timeline = read_timeline(client, number, first)
    assert [node.name for node in timeline.nodes] == ["r12n03"]
    assert timeline.end - timeline.begin == 420.0


def test_what_cannot_be_compared_is_refused(client, two_runs):
    number, first, _ = two_runs

    with pytest.raises(UsageError, match="with itself"):
        compare_runs(client, number, first, first)
    with pytest.raises(NotFoundError, match="no results of run 77"):
        compare_runs(client, number, first, 77)
