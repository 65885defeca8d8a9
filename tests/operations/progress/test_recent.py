"""Of the attempts that have ended only those are read that are new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodes import compute_node

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.progress.runtimes import (
    MOST_RESULTS,
    Ended,
    Recent,
    most_at_once,
    read_recent,
)


def ended(number, job_id, begin, end):
    return Ended(number, job_id, "fit_#", float(end - begin), float(end), is_completed=True)


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 50), st.integers(0, 9), st.booleans()),
        max_size=30,
    )
)
def test_read_in_parts_they_are_those_that_are_read_at_once(attempts):
    recent, new, latest, spans = Recent(0), [], {}, []
    for number, (job_id, begin, length, is_read) in enumerate(attempts, 1):
        each = ended(number, job_id, begin, begin + length)
        new = [each, *(other for other in new if other.job_id != job_id)]
        latest.pop(job_id, None)
        latest[job_id] = each
        if is_read:
            recent, new = recent.followed_by(new), []
        spans.append(each.span)
    recent = recent.followed_by(new)

    assert recent.ended == tuple(latest.values())[::-1]
    assert recent.moments == sorted(each.end for each in latest.values())
    assert most_at_once(each.span for each in latest.values()) <= recent.at_once
    assert recent.at_once <= most_at_once(spans)


def test_without_new_ones_nothing_changes():
    recent = Recent(3, (ended(1, 1, 0, 5),), 7)

    assert recent.followed_by([]) is recent


def test_what_ran_together_with_new_ones_is_noticed():
    recent = Recent(0).followed_by([ended(1, 1, 0, 10)])

    assert recent.at_once == 1
    assert recent.followed_by([ended(3, 3, 8, 12), ended(2, 2, 9, 11)]).at_once == 3


def test_no_more_are_kept_than_the_latest():
    first = [ended(at, at, at, at + 1) for at in range(MOST_RESULTS, 0, -1)]
    number = MOST_RESULTS + 1
    recent = Recent(0).followed_by(first).followed_by([ended(number, number, 0, 1)])

    assert len(recent.ended) == MOST_RESULTS
    assert recent.ended[0].result_id == number


@pytest.fixture
def workflow(client):
    """A workflow with 300 jobs and a node."""
    workflow_id = client.create_workflow(Workflow(name="many", user="tester")).id
    jobs = [Job(workflow_id=workflow_id, name=f"fit_{at}", command="true") for at in range(300)]
    ids = [job.id for job in client.create_jobs(jobs)]
    node = compute_node(workflow_id=workflow_id, hostname="node", is_active=True)
    return workflow_id, ids, client.create_compute_node(node).id


def store(client, workflow, places, run_id=0, attempt_id=1):
    workflow_id, ids, node_id = workflow
    results = [
        Result(
            job_id=ids[at], workflow_id=workflow_id, run_id=run_id, attempt_id=attempt_id,
            compute_node_id=node_id, return_code=0, exec_time_minutes=1.0,
            completion_time=f"2026-01-01T00:{at % 60:02}:00.000Z", status=JobStatus.COMPLETED,
        )
        for at in places
    ]  # fmt: skip
    client.create_results(results)


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_a_second_reading_is_as_good_as_a_first(client, workflow, number):
    workflow_id, _, _ = workflow
    store(client, workflow, range(50))
    before = read_recent(client, workflow_id, 0)
    store(client, workflow, range(50, 50 + number))
    after = read_recent(client, workflow_id, 0, before)

    assert after == read_recent(client, workflow_id, 0)
    assert len(after.ended) == 50 + number


def test_another_run_is_read_anew(client, workflow):
    workflow_id, _, _ = workflow
    store(client, workflow, range(3))
    before = read_recent(client, workflow_id, 0)
    store(client, workflow, range(2), run_id=1)
    after = read_recent(client, workflow_id, 1, before)

    assert len(before.ended) == 3
    assert (after.run_id, len(after.ended)) == (1, 2)


def test_of_a_job_that_ran_again_the_latest_attempt_counts(client, workflow):
    workflow_id, ids, _ = workflow
    store(client, workflow, range(3))
    before = read_recent(client, workflow_id, 0)
    store(client, workflow, [1], attempt_id=2)
    after = read_recent(client, workflow_id, 0, before)

    assert [each.job_id for each in after.ended] == [ids[1], ids[2], ids[0]]
    assert after.ended == read_recent(client, workflow_id, 0).ended
