"""Many records in one call, and jobs that name others of their own call."""

from __future__ import annotations

import msgspec
import pytest
from nodes import compute_node

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.artifact import File, UserData
from torc_core.model.job import Job, JobsChange, JobsChangeRequest
from torc_core.model.resources import SlurmScheduler
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow


@pytest.fixture
def workflow_id(client: TorcClient) -> int:
    created = client.create_workflow(Workflow(name="bulk", user="tester"))
    assert created.id is not None
    return created.id


def test_files_come_back_in_the_order_given(client, workflow_id):
    files = [
        File(workflow_id=workflow_id, name=f"f{i}", path=f"{i}.txt", st_mtime=i if i % 2 else None)
        for i in range(500)
    ]

    created = client.create_files(files)

    assert [file.name for file in created] == [file.name for file in files]
    assert client.get_file(created[123].id) == created[123]
    assert client.list_files(workflow_id).total_count == 500


def test_user_data_keeps_its_values(client, workflow_id):
    values = [{"a": 1}, [1, 2], "text", None]
    created = client.create_user_data_list(
        [
            UserData(workflow_id=workflow_id, name=f"d{i}", data=value)
            for i, value in enumerate(values)
        ]
    )

    assert [client.get_user_data(data.id).data for data in created] == values


def test_results_become_the_latest_ones_of_their_jobs(client, workflow_id):
    job = client.create_job(Job(workflow_id=workflow_id, name="a", command="x"))
    node = client.create_compute_node(
        compute_node(workflow_id=workflow_id, hostname="gone", is_active=False)
    )
    results = [
        Result(
            job_id=job.id,
            workflow_id=workflow_id,
            run_id=1,
            attempt_id=attempt,
            compute_node_id=node.id,
            return_code=code,
            exec_time_minutes=1,
            completion_time="2026-01-01T00:01:00.000Z",
            status=status,
        )
        for attempt, code, status in ((1, 3, JobStatus.FAILED), (2, 0, JobStatus.COMPLETED))
    ]

    created = client.create_results(results)

    assert [each.return_code for each in created] == [3, 0]
    assert [each.id for each in client.list_results(workflow_id).items] == [created[1].id]
    assert client.list_results(workflow_id, all_runs=True).total_count == 2
    assert client.list_events(workflow_id).total_count == 0  # nor has the node started
    with pytest.raises(ConflictError):
        client.create_results([results[0]])


def test_nothing_is_made_of_a_call_with_two_workflows(client, workflow_id):
    other = client.create_workflow(Workflow(name="other", user="tester")).id
    files = [File(workflow_id=owner, name="f", path="f") for owner in (workflow_id, other)]

    with pytest.raises(UsageError):
        client.create_files(files)
    with pytest.raises(NotFoundError):
        client.create_files([File(workflow_id=999_999, name="f", path="f")])

    assert client.list_files(workflow_id).total_count == 0
    assert client.create_files([]) == []


def test_a_chain_of_jobs_takes_one_call(client, workflow_id):
    jobs = [
        Job(
            workflow_id=workflow_id,
            name=f"j{i}",
            command="true",
            depends_on_job_ids=[-i] if i else None,
        )
        for i in range(50)
    ]

    created = client.create_jobs(jobs)

    ids = [job.id for job in created]
    assert [job.depends_on_job_ids for job in created[1:]] == [[before] for before in ids[:-1]]
    assert client.get_job(ids[7]).depends_on_job_ids == [ids[6]]


def test_a_call_may_name_old_and_new_jobs_and_later_ones(client, workflow_id):
    old = client.create_job(Job(workflow_id=workflow_id, name="old", command="true")).id
    first, second = client.create_jobs(
        [
            Job(workflow_id=workflow_id, name="a", command="b", depends_on_job_ids=[old, -2]),
            Job(workflow_id=workflow_id, name="c", command="d"),
        ]
    )

    assert sorted(client.get_job(first.id).depends_on_job_ids) == sorted([old, second.id])


@pytest.mark.parametrize("reference", [0, -1, -3])
def test_a_place_that_is_not_in_the_call_or_is_the_job_itself_is_refused(
    reference, client, workflow_id
):
    jobs = [
        Job(workflow_id=workflow_id, name="a", command="b", depends_on_job_ids=[reference]),
        Job(workflow_id=workflow_id, name="c", command="d"),
    ]

    with pytest.raises(UsageError, match="'a'"):
        client.create_jobs(jobs)

    assert client.list_jobs(workflow_id).total_count == 0


def test_many_jobs_get_a_scheduler_at_once_or_none_does(client, workflow_id):
    jobs = [Job(workflow_id=workflow_id, name=f"j{i}", command="x") for i in range(5_000)]
    ids = [job.id for job in client.create_jobs(jobs)]
    scheduler = SlurmScheduler(workflow_id=workflow_id, account="a", nodes=1, walltime="01:00:00")
    scheduler_id = client.create_slurm_scheduler(scheduler).id
    with pytest.raises(UsageError):
        client.assign_scheduler(workflow_id, scheduler_id, [*ids, ids[-1] + 1])
    with pytest.raises(UsageError):
        client.assign_scheduler(workflow_id, scheduler_id + 1, ids)
    assert client.get_job(ids[0]).scheduler_id is None

    assert client.assign_scheduler(workflow_id, scheduler_id, ids[1:]).count == 4_999

    found = {each: client.get_job(each).scheduler_id for each in (ids[0], ids[1], ids[-1])}
    assert list(found.values()) == [None, scheduler_id, scheduler_id]


def test_many_jobs_are_canceled_at_once_with_what_waits_for_them(client, workflow_id):
    jobs = [Job(workflow_id=workflow_id, name=f"j{at}", command="x") for at in range(3)]
    first, second, third = (job.id for job in client.create_jobs(jobs))
    waiting = Job(workflow_id=workflow_id, name="w", command="x", depends_on_job_ids=[first])
    fourth = client.create_job(waiting).id
    other = client.create_workflow(Workflow(name="other", user="u")).id
    foreign = client.create_job(Job(workflow_id=other, name="f", command="x")).id
    client.initialize_jobs(workflow_id)
    client.manage_status_change(second, JobStatus.CANCELED, 0)
    ids = [first, second, third, fourth, foreign, fourth + 1_000]
    request = JobsChangeRequest(change=JobsChange.CANCEL, run_id=0, job_ids=ids)

    assert client.change_jobs(workflow_id, request).job_ids == [first, third]
    statuses = {job.id: job.status for job in client.list_jobs(workflow_id).items}
    assert set(statuses.values()) == {JobStatus.CANCELED}
    assert client.get_job(foreign).status is JobStatus.UNINITIALIZED
    late = msgspec.structs.replace(request, run_id=1)
    with pytest.raises(ConflictError):
        client.change_jobs(workflow_id, late)
    many = msgspec.structs.replace(request, job_ids=list(range(1, 10_002)))
    with pytest.raises(UsageError, match="10,001"):
        client.change_jobs(workflow_id, many)


def test_many_jobs_are_retried_at_once_however_many_attempts_they_had(client, workflow_id):
    jobs = [Job(workflow_id=workflow_id, name=f"j{at}", command="x") for at in range(3)]
    first, second, third = (job.id for job in client.create_jobs(jobs))
    client.initialize_jobs(workflow_id)
    node = compute_node(workflow_id=workflow_id)
    node_id = client.create_compute_node(node).id
    for job_id in (first, second):
        client.manage_status_change(job_id, JobStatus.RUNNING, 0)
        result = Result(
            job_id=job_id, workflow_id=workflow_id, run_id=0, attempt_id=1, compute_node_id=node_id,
            return_code=1, exec_time_minutes=0.1, status=JobStatus.FAILED,
            completion_time="2026-01-01T00:00:00.000Z",
        )  # fmt: skip
        client.complete_job(job_id, JobStatus.FAILED, 0, result)
    ids = [first, second, third]
    request = JobsChangeRequest(change=JobsChange.RETRY, run_id=0, job_ids=ids)

    assert client.change_jobs(workflow_id, request).job_ids == [first, second]
    assert [client.get_job(each).attempt_id for each in ids] == [2, 2, 1]
    assert {client.get_job(each).status for each in ids} == {JobStatus.READY}
