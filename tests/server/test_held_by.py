"""Blocked and canceled jobs come, on request, with a job that is the reason."""

from __future__ import annotations

import pytest

from torc_core.model.job import Job
from torc_core.model.workflow import Workflow


@pytest.fixture
def chain(client):
    """Two first jobs, one that needs both, one that needs that, and one by itself."""
    number = client.create_workflow(Workflow(name="held", user="tester")).id
    ids = {}
    for name, needed in (
        ("first", ()), ("second", ()), ("both", ("first", "second")), ("last", ("both",)),
        ("alone", ()),
    ):  # fmt: skip
        ids[name] = client.create_job(
            Job(
                workflow_id=number, name=name, command="true",
                depends_on_job_ids=[ids[each] for each in needed],
            )
        ).id  # fmt: skip
    client.initialize_jobs(number)
    yield number, ids
    client.delete_workflow(number)


def holders(client, number):
    jobs = client.list_jobs(number, include_held_by=True).items
    return {job.name: job.held_by and (job.held_by.name, job.held_by.status) for job in jobs}


def test_a_blocked_job_is_held_by_one_that_has_not_ended(client, chain):
    number, _ids = chain
    assert holders(client, number) == {
        "first": None,
        "second": None,
        "both": ("first", "ready"),
        "last": ("both", "blocked"),
        "alone": None,
    }


def test_a_canceled_job_is_held_by_one_that_was_canceled_before(client, chain):
    number, ids = chain
    client.manage_status_change(ids["second"], "canceled", 0)
    client.manage_status_change(ids["first"], "canceled", 0)

    found = holders(client, number)
    assert found["both"] == ("first", "canceled")
    assert found["last"] == ("both", "canceled")
    assert found["second"] is None


def test_it_is_there_on_request_only(client, chain):
    number, ids = chain

    assert all(job.held_by is None for job in client.list_jobs(number).items)
    assert client.get_job(ids["both"]).held_by is None
