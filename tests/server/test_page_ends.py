"""Any page of a list is the part of the whole list that it names, from whichever end it is read."""

from __future__ import annotations

import pytest

from torc_core.client import TorcClient
from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

NUMBER = 23
SPANS = [(0, 5), (0, 99), (3, 5), (9, 5), (10, 5), (18, 5), (20, 5), (22, 1), (23, 5), (40, 5)]


@pytest.fixture
def workflow_id(client: TorcClient) -> int:
    created = client.create_workflow(Workflow(name="pages", user="tester"))
    assert created.id is not None
    return created.id


def jobs(workflow_id: int, number: int) -> list[Job]:
    return [
        Job(
            workflow_id=workflow_id, name=f"{at * 7 % number}", command=f"{at % 3}", priority=at % 2
        )
        for at in range(number)
    ]


@pytest.mark.parametrize("key", [None, "id", "name", "command", "priority", "status", "attempt_id"])
@pytest.mark.parametrize("reverse", [False, True])
def test_every_part_of_a_list(client, workflow_id, key, reverse):
    client.create_jobs(jobs(workflow_id, NUMBER))
    order = {"sort_by": key, "reverse_sort": reverse}
    whole = client.list_jobs(workflow_id, **order).items
    numbers = {status: at for at, status in enumerate(sorted({str(job.status) for job in whole}))}

    def keys(job):
        value = getattr(job, key or "id")
        return (numbers[str(value)] if key == "status" else value, job.id)

    assert whole == sorted(whole, key=keys, reverse=reverse)
    for offset, limit in SPANS:
        page = client.list_jobs(workflow_id, offset=offset, limit=limit, **order)
        assert page.items == whole[offset : offset + limit]
        assert page.total_count == NUMBER
        assert page.has_more == (offset + limit < NUMBER and offset < NUMBER)


def test_the_filtered_part_of_a_list(client, workflow_id):
    client.create_jobs(jobs(workflow_id, NUMBER))
    whole = client.list_jobs(workflow_id, command="1").items
    for offset, limit in SPANS:
        page = client.list_jobs(workflow_id, command="1", offset=offset, limit=limit)
        assert (page.items, page.total_count) == (whole[offset : offset + limit], len(whole))


def test_long_lists_are_counted_right_as_rows_come_and_go(client, workflow_id):
    def total() -> int:
        return client.list_jobs(workflow_id, offset=1, limit=1).total_count

    first = client.create_jobs(jobs(workflow_id, 12_000))
    assert total() == 12_000
    client.create_jobs([Job(workflow_id=workflow_id, name="more", command="true")])
    assert total() == 12_001
    assert client.list_jobs(workflow_id, name="more").total_count == 1
    client.delete_job(first[5].id)
    assert total() == 12_000
    client.delete_jobs(workflow_id)
    assert total() == 0
    client.create_jobs(jobs(workflow_id, 11_000))
    assert total() == 11_000


def test_long_lists_of_records_are_counted_right(client, workflow_id):
    def total() -> int:
        return client.list_files(workflow_id, offset=1, limit=1).total_count

    def files(number: int) -> list[File]:
        return [File(workflow_id=workflow_id, name=f"{at}", path="x") for at in range(number)]

    made = client.create_files(files(12_000))
    assert total() == 12_000
    client.delete_file(made[7].id)
    assert total() == 11_999
    client.create_files([File(workflow_id=workflow_id, name="more", path="x")])
    assert total() == 12_000


def test_a_page_that_begins_where_one_ended_sees_what_was_added_and_deleted(client, workflow_id):
    made = client.create_jobs(jobs(workflow_id, NUMBER))

    def check():
        whole = client.list_jobs(workflow_id).items
        for offset in (0, 4, 9, 8, 13, 17, 12, 22, 5):
            page = client.list_jobs(workflow_id, offset=offset, limit=5)
            assert page.items == whole[offset : offset + 5]
            assert page.total_count == len(whole)

    check()
    client.create_jobs(
        [Job(workflow_id=workflow_id, name=f"more_{at}", command="c") for at in range(7)]
    )
    check()
    for at in (1, 11, 12):
        client.delete_job(made[at].id)
        check()
