"""What `torc run` is told to run, and where its logs go."""

from __future__ import annotations

import pytest

WORKFLOW = "name: told\njobs: [{name: a, command: 'true'}]\n"


@pytest.fixture
def told(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(WORKFLOW)
    return torc("-f", "json", "workflows", "create", "w.yaml").json["id"]


@pytest.mark.parametrize("command", [("run",), ("workflows", "run")])
def test_latest_is_run(command, torc, told, client):
    answer = torc("-f", "json", *command, "latest", "--max-parallel-jobs", 1, "-o", "logs")

    assert answer.code == 0, answer.err
    assert answer.json["workflow_id"] == told
    assert answer.json["jobs_by_status"]["completed"] == 1


def test_a_name_is_run_unless_a_file_has_it(torc, told, client, tmp_path):
    client_name = f"named {told}"
    assert torc("workflows", "update", told, "-n", client_name).code == 0
    assert torc("-f", "json", "run", client_name).json["workflow_id"] == told

    (tmp_path / client_name).write_text(WORKFLOW)
    assert torc("-f", "json", "run", client_name).json["workflow_id"] > told


def test_a_directory_is_no_file_to_run(torc, told, tmp_path):
    (tmp_path / "latest").mkdir()

    assert torc("-f", "json", "run", "latest").json["workflow_id"] == told


def test_the_second_argument_is_the_output_directory(torc, told, tmp_path):
    answer = torc("run", told, "mine")

    assert answer.code == 0, answer.err
    assert (tmp_path / "mine" / "job_stdio").is_dir()
    twice = torc("run", told, "mine", "-o", "other")
    assert twice.code == 2
    assert "given twice" in twice.err


@pytest.mark.parametrize(
    ("reference", "code", "said"),
    [
        ("gone.yaml", 2, "gone.yaml: there is no such file"),
        ("gone/w", 2, "gone/w: there is no such file"),
        ("gone", 4, "There is no file 'gone', and tester has no workflow named 'gone'."),
        ("999999", 4, "999999"),
    ],
)
def test_what_is_neither_is_refused(reference, code, said, torc):
    answer = torc("run", reference)

    assert answer.code == code
    assert said in answer.err


def test_the_plan_of_a_workflow_is_found_by_name(torc, told):
    assert torc("-f", "json", "workflows", "execution-plan", "latest").json["workflow_id"] == told
    assert torc("workflows", "execution-plan", "gone").code == 4


@pytest.mark.parametrize(
    ("words", "again"),
    [
        (("w.yaml",), "w.yaml"),
        (("w.yaml", "-o", "my logs", "--num-cpus=2"), "w.yaml -o 'my logs' --num-cpus=2"),
        (("--max-parallel-jobs", "2", "w.yaml"), "--max-parallel-jobs 2 w.yaml"),
        (("w.yaml", "--password", "hidden", "--detach"), "w.yaml --detach"),
        (("--password=hidden", "w.yaml"), "w.yaml"),
        (("--detach", "--", "w.yaml"), "--detach w.yaml"),
    ],
)
def test_the_line_that_a_hint_names_has_all_options_but_a_password(words, again, torc, tmp_path):
    _write_lacking(tmp_path)

    answer = torc("run", *words)

    assert answer.code == 5
    assert f"Provide them, then: torc run {again}. To continue without them" in answer.err


def test_the_line_that_a_hint_names_has_the_options_before_the_command(torc, tmp_path, server):
    _write_lacking(tmp_path)

    answer = torc("--url", server.url, "--password", "hidden", "run", "w.yaml")

    assert answer.code == 5
    assert f"Provide them, then: torc --url {server.url} run w.yaml. To" in answer.err


def _write_lacking(tmp_path):
    """Write a workflow file of which an input is missing."""
    (tmp_path / "w.yaml").write_text(
        "name: lacking\njobs: [{name: a, command: 'cat ${files.input.x}'}]\n"
        "files: [{name: x, path: gone.txt}]\n"
    )
