"""More jobs than can be read are shown by groups that the server counts."""

from __future__ import annotations

import pytest

from torc_core.model.job import Job, JobGroup
from torc_core.model.resources import ResourceRequirements
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.progress.by_group import overview_of, read_groups
from torc_core.operations.progress.groups import JobStates
from torc_core.operations.progress.read import read_overview
from torc_core.operations.progress.runtimes import Ended

NOW = 1_000.0


@pytest.fixture
def workflow_id(client):
    """Three stages, of which the first has run in part; the requirements state what it takes."""
    workflow_id = client.create_workflow(Workflow(name="stages", user="tester")).id
    needs = ResourceRequirements(workflow_id=workflow_id, name="hour", runtime="PT1H")
    needs_id = client.create_resource_requirements(needs).id

    def add(names, after=()):
        jobs = [
            Job(
                workflow_id=workflow_id, name=name, command="true",
                depends_on_job_ids=list(after), resource_requirements_id=needs_id,
            )
            for name in names
        ]  # fmt: skip
        return [job.id for job in client.create_jobs(jobs)]

    fits = add([f"fit_{at}" for at in range(4)])
    merges = add(["merge_1", "merge_2"], fits)
    add(["report"], merges)
    client.initialize_jobs(workflow_id)
    client.manage_status_change(fits[0], JobStatus.CANCELED, 0)
    client.manage_status_change(fits[1], JobStatus.RUNNING, 0)
    return workflow_id


def facts(overview):
    graph = overview.graph
    return [
        (group.name, group.size, group.after, each.counts)
        for group, each in zip(graph.groups, overview.progress, strict=True)
    ]


def times_left(overview):
    """Return the bounds for the groups, and for all."""
    found = (*(each.left for each in overview.progress), overview.left)
    return [bound for left in found if left for bound in (left.least, left.most or 0.0)]


def test_counted_groups_are_those_that_all_jobs_make(client, workflow_id):
    jobs = read_overview(client, workflow_id, 0)
    groups = read_overview(client, workflow_id, 0, most_jobs=3)

    assert groups.graph.is_by_group
    assert not groups.graph.is_partial
    assert groups.graph.total == 7
    assert facts(groups) == facts(jobs)
    assert times_left(groups) == pytest.approx(times_left(jobs), abs=60)  # it is read later


def test_a_second_reading_remembers_how_many_ran_together(client, workflow_id):
    before = read_overview(client, workflow_id, 0, most_jobs=3)
    [running] = client.list_jobs(workflow_id, status="running").items
    client.manage_status_change(running.id, JobStatus.CANCELED, 0)
    after = read_overview(client, workflow_id, 0, before, most_jobs=3)

    assert after.states.began == {}
    assert after.states.at_once == before.states.at_once == 1
    assert after.progress[0].counts == {"canceled": 2, "ready": 2}


def group(number, name, needed=(), **counts):
    return JobGroup(
        id=number, workflow_id=1, name=name, jobs_by_status=counts, first_job_id=number,
        needed_group_ids=list(needed), requirements_ids=[1],
    )  # fmt: skip


def left(groups, *, at_once=1, stated=60.0, ended=()):
    states = JobStates((), (), stated={1: stated}, at_once=at_once, now=NOW)
    found = overview_of(groups, states, (), ended).left
    return None if found is None else found.words


def test_groups_are_in_an_order_in_which_they_can_run():
    groups = [group(5, "last", [7], ready=1), group(7, "first", ready=1)]
    overview = overview_of(groups, JobStates((), ()), (), ())

    assert [each.name for each in overview.graph.groups] == ["first", "last"]
    assert [each.after for each in overview.graph.groups] == [(), (0,)]
    assert [each.group_id for each in overview.graph.groups] == [7, 5]


def test_the_time_left_covers_the_chain_of_groups():
    groups = [group(1, "a_#", ready=10), group(2, "b_#", [1], blocked=10)]

    assert left(groups, at_once=10) == "at most 3m 48s left"
    assert left(groups, at_once=100) == "at most 2m 54s left"


def test_how_long_a_chain_within_a_group_is_is_not_known():
    ended = [Ended(1, 1, "step_#", 60.0, end=None, is_completed=True)]

    assert left([group(1, "step_#", [1], blocked=9)], ended=ended) == "at least 9m 00s left"
    assert left([group(1, "step_#", blocked=9)], ended=ended) == "9m 00s left"


def test_groups_that_wait_for_each_other_are_listed_all_the_same():
    groups = [group(1, "a_#", [2], blocked=2, ready=1), group(2, "b_#", [1], blocked=2)]
    overview = overview_of(groups, JobStates((), ()), (), ())

    assert [each.name for each in overview.graph.groups] == ["a_#", "b_#"]
    assert left(groups) is None


def test_without_a_runtime_nothing_is_said_of_the_time_left():
    assert left([group(1, "a_#", ready=2)], stated=None) is None


def test_with_very_many_groups_the_others_are_counted(client, workflow_id):
    overview = read_groups(client, workflow_id, 0)
    part = overview_of([group(1, "a", ready=1)], overview.states, (), (), more_groups=9)

    assert part.graph.is_partial
    assert part.left is None
