"""`torc jobs delete` and `delete-all`."""

from __future__ import annotations


def left(client, it):
    return [job.name for job in client.list_jobs(it.id).items]


def test_jobs_are_deleted(torc, stage, client):
    it, other = stage(), stage()

    assert torc("jobs", "delete", it.job).out == f"Deleted job {it.job} (a).\n"
    answer = torc("-f", "json", "jobs", "delete", other.second, other.job, other.job)

    assert [job["id"] for job in answer.json["jobs"]] == [other.second, other.job]
    assert left(client, it) == ["b"]
    assert left(client, other) == []


def test_with_an_unknown_one_nothing_is_deleted(torc, stage, client):
    it = stage()
    unknown = 999_999_999

    json = torc("-f", "json", "jobs", "delete", it.job, unknown, unknown + 1)
    table = torc("jobs", "delete", it.job, unknown)

    assert (json.code, table.code) == (4, 4)
    assert json.json == {
        "error": f"There are no jobs {unknown}, {unknown + 1}; nothing was deleted.",
        "missing_ids": [unknown, unknown + 1],
    }
    assert table.out == ""
    assert f"There is no job {unknown}; nothing was deleted." in table.err
    assert left(client, it) == ["a", "b"]


def test_a_running_job_stays_with_all_others(torc, stage, client):
    it = stage("running")

    answer = torc("jobs", "delete", it.second, it.job)

    assert answer.code == 5
    assert f"torc jobs cancel {it.job}" in answer.err
    assert left(client, it) == ["a", "b"]
    assert torc("jobs", "delete-all", it.id, "--no-prompts").code == 5
    assert left(client, it) == ["a", "b"]


def test_all_jobs_are_deleted_once_that_is_agreed_to(torc, stage, client):
    it, other = stage("initialized"), stage()

    unasked = torc("jobs", "delete-all", it.id)
    assert unasked.code == 2
    assert "--no-prompts" in unasked.err
    assert left(client, it) == ["a", "b"]

    table = torc("jobs", "delete-all", it.id, "--no-prompts")
    json = torc("-f", "json", "jobs", "delete-all", other.id, "--no-prompts")

    assert table.out == f"Deleted 2 jobs of #{it.id} {it.name}.\n"
    assert json.json["count"] == 2
    assert left(client, it) == left(client, other) == []
    assert torc("jobs", "delete-all", 999_999_999, "--no-prompts").code == 4


def test_the_help_has_an_example(torc):
    assert "torc jobs delete 12 13" in torc("jobs", "delete", "--help").out
    assert "torc jobs delete-all 1" in torc("jobs", "delete-all", "--help").out
    assert torc("jobs", "delete").code == 2
