"""Changes of many jobs, such as all of a filter, that were not chosen one by one."""

from __future__ import annotations

import contextlib

import pytest
from nodes import compute_node
from operations.older_server import OlderServer

from torc_core.client import TorcClient
from torc_core.errors import ConflictError
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.jobs.change import CANCEL, MANY, RETRY, TERMINATE, propose_change


class Heard:
    """What an operation says."""

    def __init__(self):
        self.said = []

    def progress(self, notice, done=None):
        self.said.append(notice.sentence)

    def warn(self, warning):
        self.said.append(warning.sentence)

    def confirm(self, question):
        return True


@pytest.fixture
def jobs(client):
    """More than may be chosen one by one, ready."""
    number = client.create_workflow(Workflow(name="many", user="tester")).id
    made = client.create_jobs(
        [Job(workflow_id=number, name=f"job_{at}", command="true") for at in range(2 * MANY + 5)]
    )
    client.initialize_jobs(number)
    yield [job.id for job in made]
    client.delete_workflow(number)


@pytest.fixture(params=[True, False], ids=["together", "one by one"])
def asked(request, client, server):
    """A client of a server that changes many jobs at once, or of one that does not."""
    asked = client if request.param else OlderServer(server.url)
    yield asked
    if asked is not client:
        asked.close()


def test_those_in_no_status_for_it_are_left_out_and_those_that_move_on_too(client, asked, jobs):
    client.manage_status_change(jobs[0], JobStatus.CANCELED, 0)
    proposal = propose_change(asked, CANCEL, jobs)
    client.manage_status_change(jobs[1], JobStatus.UNINITIALIZED, 0)
    heard = Heard()

    assert proposal.question.sentence == "Cancel 204 jobs?"
    assert proposal.question.lines[0] == "Left out: 1 job that cannot be canceled now."
    result = proposal.perform(heard, force=False)
    assert result.sentence == "Canceled 203 jobs."
    steps = [] if asked is client else [f"Canceled {at} of 204 jobs …" for at in (100, 200)]
    assert heard.said == [*steps, "Meanwhile 1 job had moved on."]
    assert (
        client.list_jobs(result.jobs[0].workflow_id, status="canceled").total_count == len(jobs) - 1
    )


def test_what_is_possible_for_none_of_them_is_refused(client, jobs):
    with pytest.raises(ConflictError, match="is ready"):
        propose_change(client, RETRY, jobs)


def running(client, number):
    """Return the ids of jobs that a node of a new workflow runs."""
    made = client.create_jobs(
        [Job(workflow_id=number, name=f"job_{at}", command="true") for at in range(3)]
    )
    client.initialize_jobs(number)
    node = compute_node(workflow_id=number, num_cpus=4, memory_gb=4.0)
    node_id = client.create_compute_node(node).id
    for job in made:
        client.manage_status_change(job.id, JobStatus.PENDING, 0)
        client.start_job(job.id, 0, node_id)
    return [job.id for job in made]


class Counting(TorcClient):
    """Counts the requests that change jobs."""

    changes = 0

    def change_jobs(self, *args, **how):
        self.changes += 1
        return super().change_jobs(*args, **how)

    def complete_jobs(self, *args, **how):
        self.changes += 1
        return super().complete_jobs(*args, **how)


@pytest.mark.parametrize("change", [CANCEL, TERMINATE])
def test_a_few_jobs_are_changed_in_one_request_but_for_those_that_move_on(client, server, change):
    number = client.create_workflow(Workflow(name="few", user="tester")).id
    ids = running(client, number)
    with contextlib.closing(Counting(server.url)) as asked:
        proposal = propose_change(asked, change, ids)
        client.manage_status_change(ids[2], JobStatus.CANCELED, 0)
        heard = Heard()
        result = proposal.perform(heard, force=False)

    assert asked.changes == 1
    assert [job.id for job in result.jobs] == ids[:2]
    assert heard.said == ["Meanwhile 1 job had moved on."]
    found = [client.get_job(each).status.value for each in ids]
    assert found == [change.participle, change.participle, "canceled"]
    client.delete_workflow(number)


def test_two_thousand_jobs_are_canceled_in_two_requests(client):
    number = client.create_workflow(Workflow(name="many", user="tester")).id
    made = client.create_jobs(
        [Job(workflow_id=number, name=f"job_{at}", command="true") for at in range(2_000)]
    )
    client.initialize_jobs(number)
    heard = Heard()
    proposal = propose_change(client, CANCEL, [job.id for job in made])
    result = proposal.perform(heard, force=False)

    assert heard.said == ["Canceled 1,000 of 2,000 jobs …"]
    assert result.sentence == "Canceled 2,000 jobs."
    assert client.list_jobs(number, status="canceled", limit=1).total_count == 2_000
    client.delete_workflow(number)
