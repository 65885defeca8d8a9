"""Workflows run with a server of the reference as they do with ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from forks.processes import Process
from reference.world import make_world
from waiting import wait_for

from torc_core.client import every_item
from torc_core.model.status import JobStatus
from torc_core.moments import read_moment

WORKFLOW = """
name: perfect
jobs:
  - {name: first, command: echo a > a.txt}
  - {name: second, command: cat a.txt, depends_on: [first]}
  - {name: third, command: 'true', invocation_script: 'env MADE=by_script'}
"""


@pytest.fixture
def perfect(tmp_path):
    (tmp_path / "w.yaml").write_text(WORKFLOW)


@pytest.mark.usefixtures("perfect")
def test_a_perfect_workflow_completes(torc, there):
    ended = torc("-f", "json", "run", "w.yaml")

    assert ended.code == 0, ended.err
    said = ended.json
    assert said["jobs_by_status"]["completed"] == 3
    nodes = there.list_compute_nodes(said["workflow_id"]).items
    assert [node.is_active for node in nodes] == [False]


def _spans(client, workflow_id):
    """Return when jobs began and ended, by name."""
    names = {job.id: job.name for job in every_item(client.list_jobs, workflow_id)}
    found = {}
    for result in every_item(client.list_results, workflow_id):
        end = read_moment(result.completion_time)
        found[names[result.job_id]] = (end - 60 * result.exec_time_minutes, end)
    return found


@pytest.mark.usefixtures("perfect")
def test_a_successor_starts_soon_after_it_is_ready(torc, there, reference):
    ended = torc("-f", "json", "run", "w.yaml", "--poll-interval", "60")

    spans = _spans(there, ended.json["workflow_id"])
    assert spans["second"][0] - spans["first"][1] < 30  # a minute, with the interval alone


@pytest.mark.usefixtures("perfect")
def test_an_invocation_script_is_used(torc, there, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: w\njobs: [{name: a, command: 'printenv MADE > made', "
        "invocation_script: 'env MADE=by_script'}]\n"
    )

    assert torc("run", "w.yaml").code == 0
    assert (tmp_path / "made").read_text() == "by_script\n"


def test_updates_send_whole_records(torc, there, tmp_path):
    world = make_world(there, str(tmp_path))

    assert torc("user-data", "update", world.data, "-d", '{"b": 2}').code == 0
    assert torc("workflows", "update", world.workflow, "--name", "renamed").code == 0

    assert there.get_user_data(world.data).data == {"b": 2}
    assert there.get_workflow(world.workflow).name == "renamed"
    assert there.get_workflow(world.workflow).user == "tester"


def test_a_summary_is_filled(torc, there, tmp_path):
    world = make_world(there, str(tmp_path))

    said = torc("-f", "json", "reports", "summary", world.workflow).json

    assert (said["workflow_name"], said["workflow_user"]) == ("world", "tester")
    assert (said["total_jobs"], said["jobs_by_status"]["completed"]) == (2, 1)
    assert (said["total_exec_time_minutes"], said["walltime_seconds"]) == (0.5, 30.0)
    assert (said["active_compute_nodes"], said["is_complete"]) == (0, False)


@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_a_question_says_how_many_jobs_there_are(torc, there, tmp_path, verb):
    world = make_world(there, str(tmp_path))

    asked = torc("workflows", verb, world.workflow, stdin="n\n")

    assert "None" not in asked.err
    assert "0 jobs" not in asked.err
    assert "0 running jobs" not in asked.err


@pytest.fixture
def running(there, torc_alone, reference, tmp_path):
    """A job that runs until it is ended, and its runner."""
    (tmp_path / "w.yaml").write_text(
        "name: w\njobs: [{name: a, command: 'echo $$ > pid; exec sleep 3000'}]\n"
    )
    created = torc_alone("--url", reference.url, "-f", "json", "workflows", "create", "w.yaml")
    workflow_id = created.json["workflow_id"]
    command = ["-m", "torc_tui", "--url", reference.url, "run", str(workflow_id)]
    runner = Process(
        [sys.executable, *command],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (job,) = there.list_jobs(workflow_id).items
    wait_for(lambda: there.get_job(job.id).status is JobStatus.RUNNING, "the job")
    yield job
    there.cancel_workflow(workflow_id)
    runner.wait(100)


@pytest.mark.parametrize("verb", ["cancel", "terminate"])
def test_no_job_is_said_to_be_over_while_its_process_runs(torc, there, running, verb):
    ended = torc("-f", "json", "jobs", verb, running.id)

    assert ended.code == 7
    error = json.loads(ended.err)["error"]
    assert error["code"] == "unsupported"
    assert "their processes would run on" in error["message"]
    assert error["hint"].endswith(f"torc workflows cancel {running.workflow_id}")
    assert there.get_job(running.id).status is JobStatus.RUNNING


def test_canceling_the_workflow_ends_its_processes(torc, there, running, tmp_path):
    pid = int(wait_for(lambda: (tmp_path / "pid").read_text().strip(), "the process"))

    assert torc("workflows", "cancel", running.workflow_id).code == 0

    wait_for(lambda: not os.path.lexists(f"/proc/{pid}"), "the end of the process")


def test_filters_that_the_server_lacks_are_applied_here(there, tmp_path):
    world = make_world(there, str(tmp_path))
    own = there.list_jobs

    assert [job.name for job in own(world.workflow, name="ON").items] == ["done"]
    assert own(world.workflow, status="ready,failed").total_count == 1
    assert own(world.workflow, downstream_job_id=world.job).items[0].id == world.done
    assert own(world.workflow, command="tru", limit=1, offset=1).items[0].id == world.job
    assert there.list_files(world.workflow, name="F", contains="name").total_count == 1
    assert there.list_files(world.workflow, name="x", contains="name").items == []


def test_errors_are_json_where_results_are(torc):
    ended = torc("-f", "json", "jobs", "get", 987654)

    assert (ended.code, ended.out) == (4, "")
    error = json.loads(ended.err)["error"]
    assert (error["code"], error["exit_code"]) == ("not_found", 4)
    assert "987654" in error["message"]
