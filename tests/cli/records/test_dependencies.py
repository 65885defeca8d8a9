"""What depends on what, and which files must exist, at a terminal."""

from __future__ import annotations

import pytest

from torc_core.model.artifact import File


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("job-job", "{read} read {write} write"),
        ("job-file", "{file} between {write} write {read} read between.csv"),
        ("job-user-data", "{data} passed {write} write {read} read"),
    ],
)
def test_each_dependency_is_a_row_and_an_item_of_the_envelope(kind, row, torc, ran):
    table = torc("job-dependencies", kind, ran.workflow.id).out.splitlines()
    envelope = torc("-f", "json", "job-dependencies", kind, ran.workflow.id).json

    ids = {name: getattr(ran, name).id for name in ("read", "write", "file", "data")}
    assert [line.split() for line in table[1:]] == [row.format(**ids).split()]
    (item,) = envelope.pop("items")
    assert item["workflow_id"] == ran.workflow.id
    assert {str(value) for value in item.values()} >= set(row.format(**ids).split())
    assert envelope == {
        "offset": 0,
        "max_limit": 10_000,
        "count": 1,
        "total_count": 1,
        "has_more": False,
    }


def test_an_envelope_says_what_is_left(torc, client, ran):
    for number in range(4):
        client.create_file(File(workflow_id=ran.workflow.id, name=f"f{number}", path="p"))

    answer = torc(
        "-f", "json", "job-dependencies", "job-file", ran.workflow.id, "-l", 2, "--offset", 1
    ).json

    assert len(answer.pop("items")) == 2
    assert answer == {
        "offset": 1,
        "max_limit": 10_000,
        "count": 2,
        "total_count": 5,
        "has_more": True,
    }


def test_without_dependencies_there_is_an_empty_envelope(torc, client, ran):
    client.delete_file(ran.file.id)

    assert torc("job-dependencies", "job-file", ran.workflow.id).out == "No job files.\n"
    answer = torc("-f", "json", "job-dependencies", "job-file", ran.workflow.id).json
    assert answer["items"] == []
    assert answer["has_more"] is False


def test_required_files_are_those_that_no_job_writes(torc, client, ran):
    line = ("files", "list-required-existing", ran.workflow.id)
    assert torc("-f", "json", *line).json == {"files": []}
    assert torc(*line).out == "No files.\n"

    client.delete_job(ran.write.id)

    assert torc("-f", "json", *line).json == {"files": [ran.file.id]}
    assert torc(*line).out.splitlines()[1].split() == [str(ran.file.id), "between", "between.csv"]


def test_files_are_listed_by_the_job_that_writes_them(torc, ran):
    for job, names in ((ran.write, ["between"]), (ran.read, [])):
        answer = torc(
            "-f", "json", "files", "list", ran.workflow.id, "--produced-by-job-id", job.id
        )
        assert [file["name"] for file in answer.json["files"]] == names
