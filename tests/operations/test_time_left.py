"""How long a workflow still takes, as far as it is known."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.job import Job, kind_name
from torc_core.model.resources import ResourceRequirements
from torc_core.model.workflow import Workflow
from torc_core.operations.reports.time_left import (
    Kind,
    kinds_of,
    look_at_time_left,
    time_left,
)

SECONDS = st.floats(0.1, 10_000)
KINDS = st.lists(
    st.builds(
        Kind,
        waiting=st.integers(0, 50),
        elapsed=st.lists(SECONDS, max_size=4).map(tuple),
        seen=st.lists(SECONDS, max_size=5).map(tuple),
        stated=st.none() | SECONDS,
    ),
    max_size=4,
)


def words(*kinds, at_once=2, has_blocked=False):
    found = time_left(kinds, at_once, has_blocked=has_blocked)
    return None if found is None else found.words


@pytest.mark.parametrize(
    ("kinds", "more", "said"),
    [
        ([], {}, None),
        ([Kind(waiting=4)], {}, None),
        ([Kind(waiting=4, seen=(60.0,))], {"at_once": 0}, None),
        ([Kind(waiting=4, seen=(60.0,))], {"at_once": 1}, "4m 00s left"),
        ([Kind(waiting=4, seen=(60.0, 120.0))], {"at_once": 1}, "4m 00s to 8m 00s left"),
        ([Kind(waiting=4, seen=(60.0,))], {"at_once": 4}, "1m 00s to 1m 45s left"),
        ([Kind(waiting=4, seen=(60.0,))], {"has_blocked": True}, "at least 2m 00s left"),
        ([Kind(waiting=2, stated=600.0)], {"at_once": 1}, "at most 20m 00s left"),
        ([Kind(waiting=2, stated=600.0)], {"has_blocked": True}, None),
        ([Kind(elapsed=(30.0,), seen=(60.0,))], {}, "30s left"),
        # Ten-minute jobs after quick ones of other kinds: nothing tells.
        ([Kind(waiting=9, seen=(1.0,)), Kind(elapsed=(5.0,))], {}, None),
        # One has run for longer than all before it: those say nothing of it.
        ([Kind(waiting=9, elapsed=(100.0,), seen=(1.0,))], {}, None),
        ([Kind(waiting=1, elapsed=(100.0,), seen=(1.0,), stated=600.0)], {"at_once": 1},
         "1.0s to 18m 20s left"),
    ],
)  # fmt: skip
def test_what_is_said(kinds, more, said):
    assert words(*kinds, **more) == said


@given(KINDS, st.integers(0, 9), st.booleans())
def test_a_range_is_one_and_unknown_kinds_leave_nothing_to_say(kinds, at_once, has_blocked):
    found = time_left(kinds, at_once, has_blocked=has_blocked)
    unknown = [k for k in kinds if k.bounds is None and k.waiting + len(k.elapsed)]
    if unknown:
        assert found is None
    if found is not None:
        assert found.least >= 0
        assert found.most is None or found.most >= found.least * (1 - 1e-9)
        assert (found.most is None) == has_blocked


@given(KINDS, st.integers(1, 9))
def test_more_jobs_never_take_less_time(kinds, at_once):
    found = time_left(kinds, at_once, has_blocked=False)
    doubled = [msgspec.structs.replace(kind, waiting=2 * kind.waiting) for kind in kinds]
    longer = time_left(doubled, at_once, has_blocked=False)
    if found is not None and longer is not None and sum(k.waiting for k in kinds) >= at_once:
        assert longer.least >= found.least * (1 - 1e-9)
        assert longer.most >= found.most * (1 - 1e-9)


def test_jobs_whose_names_differ_in_numbers_are_alike():
    def job(name, status, **fields):
        return Job(workflow_id=1, name=name, command="c", status=status, **fields)

    jobs = [
        job("fit_1", "ready", resource_requirements_id=1),
        job("fit_2", "running", start_time="1970-01-01T00:01:00Z", resource_requirements_id=1),
        job("merge", "blocked", resource_requirements_id=2),
    ]
    fit, merge = kinds_of(jobs, {kind_name("fit_77"): [5.0]}, {1: 600, 2: None}, 100.0)
    assert fit == Kind(waiting=1, elapsed=(40.0,), seen=(5.0,), stated=600)
    assert merge == Kind(waiting=1)


def test_a_server_is_asked_for_what_is_left(client):
    workflow_id = client.create_workflow(Workflow(name="timed", user="tester")).id
    needs = client.create_resource_requirements(
        ResourceRequirements(workflow_id=workflow_id, name="ten", memory="1g", runtime="PT10M")
    )
    for name, needs_id in (("fit_1", needs.id), ("fit_2", needs.id)):
        client.create_job(
            Job(
                workflow_id=workflow_id, name=name, command="c", resource_requirements_id=needs_id
            )
        )  # fmt: skip
    client.initialize_jobs(workflow_id)

    assert look_at_time_left(client, workflow_id, 0, 1, 0.0).words == "at most 20m 00s left"
    client.create_job(Job(workflow_id=workflow_id, name="unknown", command="c"))
    client.initialize_jobs(workflow_id, only_uninitialized=True)
    assert look_at_time_left(client, workflow_id, 0, 1, 0.0) is None
    client.delete_workflow(workflow_id)
