"""One command from a file to results, and the subcommands around it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
from forks.processes import Process
from waiting import wait_for

DIAMOND = """
name: diamond
jobs:
- {name: preprocess, command: 'echo 1 > ${files.output.f1}'}
- {name: work1, command: 'cat ${files.input.f1} > ${files.output.f2}'}
- {name: work2, command: 'cat ${files.input.f1} > ${files.output.f3}'}
- {name: postprocess, command: 'cat ${files.input.f2} ${files.input.f3} > ${files.output.f4}'}
files:
- {name: f1, path: f1.txt}
- {name: f2, path: f2.txt}
- {name: f3, path: f3.txt}
- {name: f4, path: f4.txt}
"""


@pytest.fixture
def diamond(tmp_path):
    (tmp_path / "diamond.yaml").write_text(DIAMOND)
    return "diamond.yaml"


def test_run_takes_a_file_to_its_results(torc, diamond, tmp_path):
    answer = torc("-f", "json", "run", diamond)

    assert answer.code == 0, answer.err
    assert (tmp_path / "f4.txt").read_text() == "1\n1\n"
    assert answer.json["jobs_by_status"]["completed"] == 4
    workflow_id = answer.json["workflow_id"]
    results = torc("-f", "json", "results", "list", workflow_id).json["results"]
    assert [result["return_code"] for result in results] == [0, 0, 0, 0]
    assert all(result["exec_time_minutes"] > 0 for result in results)


def test_run_starts_its_own_server_when_none_is_named(torc_alone, diamond, tmp_path):
    try:
        assert torc_alone("run", diamond).code == 0
        assert (tmp_path / "f4.txt").exists()
        assert torc_alone("ping").code == 0
        assert len(torc_alone("-f", "json", "workflows", "list").json["workflows"]) == 1
    finally:
        stopped = torc_alone("server", "stop")
    assert stopped.code == 0
    assert torc_alone("ping").code == 6


def test_a_failed_job_cancels_what_waits_for_it_and_is_the_exit_code(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: fails\njobs:\n- {name: a, command: 'exit 3'}\n"
        "- {name: b, command: 'true', depends_on: [a], cancel_on_blocking_job_failure: true}\n"
    )

    answer = torc("-f", "json", "run", "w.yaml")

    assert answer.code == 1
    assert answer.json["jobs_by_status"]["failed"] == 1
    assert answer.json["jobs_by_status"]["canceled"] == 1
    failed = torc("-f", "json", "results", "list", answer.json["workflow_id"], "--failed").json
    assert [result["return_code"] for result in failed["results"]] == [3]


def test_create_initialize_and_run_by_id(torc, diamond, tmp_path):
    created = torc("-f", "json", "workflows", "create", diamond)
    assert created.code == 0, created.err
    workflow_id = created.json["workflow_id"]
    initialized = torc("-f", "json", "workflows", "initialize", workflow_id)
    assert initialized.json["status"] == "success"
    ready = torc("-f", "json", "jobs", "list", workflow_id, "--status", "ready").json["jobs"]
    assert [job["name"] for job in ready] == ["preprocess"]

    assert torc("run", workflow_id).code == 0

    assert torc("-f", "json", "workflows", "is-complete", workflow_id).json["is_complete"]
    summary = torc("-f", "json", "reports", "summary", workflow_id).json
    assert summary["total_jobs"] == 4
    assert summary["jobs_by_status"]["completed"] == 4
    types = {
        event["data"].get("type") or event["data"].get("category")
        for event in torc("-f", "json", "events", "list", workflow_id).json["events"]
    }
    assert types


def test_a_dry_run_counts_and_creates_nothing(torc, diamond, client):
    before = client.list_workflows().total_count

    answer = torc("-f", "json", "workflows", "create", diamond, "--dry-run")

    assert answer.code == 0
    assert answer.json["valid"]
    assert answer.json["summary"]["jobs"] == 4
    assert client.list_workflows().total_count == before


def test_delete_wants_a_confirmation_and_then_removes_all(torc, diamond):
    workflow_id = torc("-f", "json", "workflows", "create", diamond).json["workflow_id"]

    assert torc("workflows", "delete", workflow_id).code == 2
    assert torc("workflows", "delete", workflow_id, "--no-prompts").code == 0
    assert torc("workflows", "get", workflow_id).code == 4


def test_missing_inputs_stop_a_run_before_anything_is_created(torc, tmp_path, client):
    (tmp_path / "w w.yaml").write_text(
        "name: lacking\n"
        "files: [{name: data, path: data.txt}, {name: made, path: made.txt}]\n"
        "user_data: [{name: rate}, {name: set, data: 1}, {name: found}]\n"
        "jobs:\n"
        "  - {name: a, command: 'cat ${files.input.data} > ${files.output.made}',"
        " input_user_data: [rate, set], output_user_data: [found]}\n"
        "  - {name: b, command: 'cat ${files.input.made}', input_user_data: [found]}\n"
    )

    answer = torc("run", "w w.yaml")

    assert answer.code == 5
    assert "input file data.txt does not exist; 1 user data record without a value" in answer.err
    assert "made.txt" not in answer.err
    assert "then: torc run 'w w.yaml'." in answer.err
    assert client.list_workflows(name="lacking").total_count == 0

    (tmp_path / "data.txt").touch()
    assert torc("run", "w w.yaml", "--skip-checks").code == 0
    assert client.list_workflows(name="lacking").total_count == 1


def test_the_execution_plan_of_a_file_and_of_its_workflow_agree(torc, diamond):
    workflow_id = torc("-f", "json", "workflows", "create", diamond).json["workflow_id"]
    of_file = torc("-f", "json", "workflows", "execution-plan", diamond).json
    of_workflow = torc("-f", "json", "workflows", "execution-plan", workflow_id).json

    assert of_file["source"] == "spec_file"
    assert of_workflow["source"] == "database"
    assert of_file["events"] == of_workflow["events"]
    assert of_file["total_jobs"] == of_workflow["total_jobs"] == 4


def test_names_cannot_command_the_terminal(torc, tmp_path):
    (tmp_path / "w.json").write_text(
        '{"name": "x", "jobs": [{"name": "a", "command": "echo \\u001b]0;owned\\u0007"}]}'
    )
    workflow_id = torc("-f", "json", "workflows", "create", "w.json").json["workflow_id"]

    answer = torc("jobs", "list", workflow_id)

    assert answer.code == 0
    assert "\x1b" not in answer.out
    assert "\x07" not in answer.out


def test_ctrl_c_records_the_jobs_and_the_next_run_goes_on(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: slow\njobs:\n"
        "- {name: a, command: '[ -e again ] && exit; touch again; sleep 100'}\n"
        "- {name: b, command: 'touch done', depends_on: [a]}\n"
    )
    running = Process(
        [sys.executable, "-m", "torc_tui", "run", "w.yaml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for((tmp_path / "again").exists, "the job to run")

    running.send_signal(signal.SIGINT)
    said, errors = running.communicate(timeout=100)

    assert running.returncode == 130
    assert "Traceback" not in errors
    workflow_id = re.search(r"Workflow (\d+)", said)[1]
    assert f"torc run {workflow_id}" in errors
    results = torc("-f", "json", "results", "list", workflow_id, "--all-runs").json["results"]
    assert [result["status"] for result in results] == ["terminated"]
    assert torc("run", workflow_id).code == 0
    assert (tmp_path / "done").exists()


def test_a_machine_that_is_too_small_is_said_at_once(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: big\nresource_requirements: [{name: huge, num_cpus: 100000, memory: 1g}]\n"
        "jobs: [{name: a, command: 'true', resource_requirements: huge}]\n"
    )
    created = torc("-f", "json", "workflows", "create", "w.yaml").json["workflow_id"]
    running = Process(
        [sys.executable, "-m", "torc_tui", "run", str(created)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )

    assert running.stderr is not None
    warning = running.stderr.readline()
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=100)

    assert "'huge'" in warning
    assert "100000 CPUs" in warning or "1e+05 CPUs" in warning


def test_an_output_directory_that_cannot_be_used_makes_nothing(torc, diamond, client, tmp_path):
    (tmp_path / "file").touch()
    before = client.list_workflows().total_count

    answer = torc("run", diamond, "-o", "file")

    assert answer.code == 9
    assert "file" in answer.err
    assert client.list_workflows().total_count == before


def test_a_cancelled_workflow_is_not_run(torc, diamond):
    workflow_id = torc("-f", "json", "workflows", "create", diamond).json["workflow_id"]
    torc("workflows", "cancel", workflow_id)

    answer = torc("run", workflow_id)

    assert answer.code == 5
    assert "initialize" in answer.err


def test_the_interface_needs_a_terminal(torc):
    answer = torc("tui")

    assert answer.code == 2
    assert "terminal" in answer.err


def test_the_log_level_decides_what_a_run_logs(torc, diamond, tmp_path):
    torc("--log-level", "error", "run", diamond, "-o", "quiet")
    torc("--log-level", "debug", "run", diamond, "-o", "loud")

    quiet, loud = (next((tmp_path / name).glob("job_runner_*.log")) for name in ("quiet", "loud"))
    assert quiet.read_text() == ""
    assert "completed" in loud.read_text()


def test_jobs_that_others_hold_are_named_when_nothing_else_is_left(torc, tmp_path, client):
    (tmp_path / "held.yaml").write_text(
        "name: held\n"
        "compute_node_wait_for_new_jobs_seconds: 0\n"
        "jobs: [{name: j, command: 'true'}]\n"
    )
    workflow_id = torc("-f", "json", "workflows", "create", "held.yaml").json["workflow_id"]
    assert torc("workflows", "initialize", workflow_id).code == 0
    assert len(client.claim_next_jobs(workflow_id, 1).jobs) == 1

    answer = torc("run", workflow_id)

    assert answer.code == 1
    assert "1 job is still held by other runners or clients" in answer.err
