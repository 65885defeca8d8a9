"""User data at a terminal: jobs read and write them, many at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from forks.processes import Process

from torc_core.model.artifact import UserData
from torc_core.model.workflow import Workflow

READERS = 24


def test_readers_of_the_same_moment_all_get_the_value(server, client, ran):
    value = {"text": "é" * 5_000, "numbers": list(range(5_000))}
    record = client.create_user_data(
        UserData(workflow_id=ran.workflow.id, name="large", data=value)
    )
    processes = [
        Process(
            [sys.executable, "-m", "torc_tui", "user-data", "get", str(record.id)],
            env={**os.environ, "TORC_API_URL": server.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(READERS)
    ]

    for process in processes:
        out, err = process.communicate(timeout=100)
        assert (process.returncode, err) == (0, b"")
        assert json.loads(out)["data"] == value


def test_writers_of_the_same_moment_all_leave_their_value(server, client, ran):
    records = [
        client.create_user_data(UserData(workflow_id=ran.workflow.id, name=f"of {number}"))
        for number in range(READERS // 2)
    ]
    line = [sys.executable, "-m", "torc_tui", "user-data", "update"]
    processes = [
        Process(
            [*line, str(record.id), "-d", json.dumps({"id": record.id})],
            env={**os.environ, "TORC_API_URL": server.url},
            stdout=subprocess.DEVNULL,
        )
        for record in records
    ]

    assert [process.wait(100) for process in processes] == [0] * len(records)
    for record in records:
        assert client.get_user_data(record.id).data == {"id": record.id}


@pytest.mark.parametrize("value", ["0", "null", '"text"', "[1, 2]", '{"a": {"b": null}}'])
def test_get_is_json_without_being_asked(value, torc, client, ran):
    record = torc("-f", "json", "user-data", "create", ran.workflow.id, "-n", "x", "-d", value).json

    shown = torc("user-data", "get", record["id"]).json

    assert shown.get("data") == json.loads(value)
    assert shown["name"] == "x"


def test_created_user_data_is_linked_to_jobs(torc, client, ran):
    torc(
        *("user-data", "create", ran.workflow.id, "-n", "linked"),
        *("--producer-job-id", ran.write.id, "--consumer-job-id", ran.read.id),
    )

    for option, job in (("--producer-job-id", ran.write), ("--consumer-job-id", ran.read)):
        found = torc("-f", "json", "user-data", "list", ran.workflow.id, option, job.id).json
        assert [each["name"] for each in found["user_data"]] == ["passed", "linked"]


def test_the_list_is_filtered(torc, ran):
    torc("user-data", "create", ran.workflow.id, "-n", "brief", "--ephemeral")

    def names(*options):
        answer = torc("-f", "json", "user-data", "list", ran.workflow.id, *options)
        return [each["name"] for each in answer.json["user_data"]]

    assert names("--is-ephemeral", "true") == ["brief"]
    assert names("--is-ephemeral", "false") == ["passed"]
    assert names("--name", "brief") == ["brief"]
    assert names("--sort-by", "name", "-l", "1") == ["brief"]
    assert names("-o", "1") == ["brief"]


def test_missing_are_those_that_a_job_reads_and_none_writes(torc, ran):
    create = ("-f", "json", "user-data", "create", ran.workflow.id)
    missing = torc(*create, "-n", "gap", "--consumer-job-id", ran.read.id).json["id"]
    torc(*create, "-n", "set", "--consumer-job-id", ran.read.id, "-d", "1")

    assert torc("-f", "json", "user-data", "list-missing", ran.workflow.id).json == {
        "user_data": [missing]
    }
    lines = torc("user-data", "list-missing", ran.workflow.id).out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ID", "NAME"], [str(missing), "gap"]]


def test_all_of_a_workflow_and_of_no_other_are_deleted(torc, client, ran):
    workflow = client.create_workflow(Workflow(name="other", user="tester"))
    other = client.create_user_data(UserData(workflow_id=workflow.id, name="of another"))
    client.create_user_data(UserData(workflow_id=ran.workflow.id, name="second"))

    answer = torc("user-data", "delete-all", ran.workflow.id)

    assert answer.out == f"Deleted 2 records of user data of workflow {ran.workflow.id}.\n"
    assert client.list_user_data(ran.workflow.id).total_count == 0
    assert client.get_user_data(other.id).name == "of another"
    again = torc("-f", "json", "user-data", "delete-all", ran.workflow.id).json
    assert again["deleted_count"] == 0
