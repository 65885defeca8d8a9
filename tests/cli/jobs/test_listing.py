"""`torc jobs list`, `get` and `list-by-status`."""

from __future__ import annotations

import pytest


def names(answer):
    return [job["name"] for job in answer.json["jobs"]]


def test_the_table_has_a_line_for_each_job(torc, stage):
    it = stage()

    lines = [line.split() for line in torc("jobs", "list", it.id).out.splitlines()]

    assert lines[0] == ["ID", "NAME", "STATUS", "ATTEMPT", "COMMAND"]
    assert lines[1:] == [
        [str(it.job), "a", "uninitialized", "1", "true"],
        [str(it.second), "b", "uninitialized", "1", "true"],
    ]


def test_json_has_related_ids_on_request(torc, stage):
    it = stage()

    plain = torc("-f", "json", "jobs", "list", it.id).json["jobs"]
    full = torc("jobs", "list", it.id, "--include-relationships", "-f", "json").json["jobs"]

    assert "depends_on_job_ids" not in plain[1]
    assert full[1]["depends_on_job_ids"] == [it.job]
    assert [each["id"] for each in full] == [each["id"] for each in plain]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-s", "blocked"), ["b"]),
        (("--status", "failed"), []),
        (("--upstream-job-id", "{job}"), ["b"]),
        (("-l", "1"), ["a"]),
        (("--limit", "1", "--offset", "1"), ["b"]),
        (("--sort-by", "name", "--reverse-sort"), ["b", "a"]),
    ],
    ids=" ".join,
)
def test_the_list_is_filtered_sorted_and_cut(options, expected, torc, stage):
    it = stage("initialized")

    answer = torc("-f", "json", "jobs", "list", it.id, *(o.format(job=it.job) for o in options))

    assert names(answer) == expected


def test_an_older_name_lists_by_status(torc, stage):
    it = stage("failed")  # so b was canceled

    assert names(torc("-f", "json", "jobs", "list-by-status", it.id, "failed")) == ["a"]
    assert names(torc("-f", "json", "jobs", "list-by-status", it.id)) == ["a", "b"]
    assert "list-by-status" not in torc("jobs", "--help").out
    assert torc("jobs", "list-by-status", it.id, "done").code == 2


def test_a_job_is_shown_with_its_dependencies(torc, stage):
    it = stage()

    shown = torc("jobs", "get", it.second).out.splitlines()
    record = torc("-f", "json", "jobs", "get", it.second).json

    assert ["name", "b"] in [line.split() for line in shown]
    assert record["depends_on_job_ids"] == [it.job]
    assert record["workflow_id"] == it.id
    assert torc("jobs", "get", 999_999_999).code == 4


def test_a_list_that_cannot_be_read_prints_nothing(torc):
    for name in ("list", "list-resource-requirements"):
        answer = torc("-f", "json", "jobs", name, 999_999_999)
        assert (answer.code, answer.out) == (4, "")
