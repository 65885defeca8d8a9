"""Many records in one call, and jobs that name others of their own call."""

from __future__ import annotations

import pytest

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
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
        ComputeNode(
            workflow_id=workflow_id,
            hostname="gone",
            pid=1,
            start_time="2026-01-01T00:00:00.000Z",
            is_active=False,
            num_cpus=1,
            memory_gb=1,
            num_gpus=0,
            num_nodes=1,
            compute_node_type="local",
        )
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
