"""Edited commands: what is one, what differs, and which file is the script of a command."""

from __future__ import annotations

import pytest
from operations.situations import Stage

from torc_core.errors import ConflictError, UsageError
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.repair.commands import command_in, difference, propose_commands
from torc_core.operations.repair.scripts import find_script, possible_scripts
from torc_core.operations.repair.workflow_text import compare_commands
from torc_core.operations.reporter import carry_out


@pytest.mark.parametrize(
    ("text", "command"),
    [("echo 1\n", "echo 1"), ("\n a\nb\n\n", " a\nb"), ("x\r\n", "x")],
)
def test_blank_lines_around_a_command_do_not_count(text, command):
    assert command_in(text) == command


def test_a_command_that_ends_in_a_line_break_is_as_before_if_it_was_only_looked_at(client):
    stage = Stage(client, "block")
    job = client.create_job(Job(workflow_id=stage.id, name="block", command="echo a\necho b\n"))

    with pytest.raises(ConflictError, match="as before"):
        propose_commands(client, stage.id, {job.id: f"{job.command}\n"})


@pytest.mark.parametrize("text", ["", " \n\n", "a\0b", "x" * 1_000_001])
def test_what_is_no_command_is_refused(text):
    with pytest.raises(UsageError):
        command_in(text)


def test_only_lines_that_differ_have_a_sign():
    assert list(difference("cd x\nrun 1", "cd x\nrun 2")) == ["  cd x", "- run 1", "+ run 2"]


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("./run.sh 1", ["./run.sh"]),
        ("bash -e run.sh", ["run.sh"]),
        ("A=1 python3 -u steps/fit.py --x", ["steps/fit.py"]),
        ("'my run.sh'", ["my run.sh"]),
        ("cd x && sh run.sh; (./end a=b)", ["cd", "run.sh", "./end"]),
        ("", []),
        ("bash", []),
        ("echo 'open", ["echo"]),
    ],
)
def test_the_script_of_a_command_is_its_first_word_or_that_of_its_interpreter(command, script):
    assert list(possible_scripts(command)) == script


def test_a_script_is_a_text_below_one_of_the_places(tmp_path):
    (tmp_path / "run.sh").write_text("echo")
    (tmp_path / "program").write_bytes(b"\x7fELF\0")
    (tmp_path / "folder").mkdir()

    assert find_script(["run.sh"], [tmp_path / "no", tmp_path]) == tmp_path / "run.sh"
    for name in ("program", "folder", "gone", "x" * 300, "a\0b"):
        assert find_script([name], [tmp_path]) is None


def test_an_edited_workflow_is_compared_by_the_names_of_its_jobs():
    jobs = [Job(id=at, workflow_id=1, name=name, command="old") for at, name in enumerate("abc", 1)]
    found = compare_commands(jobs, {"a": "new", "b": "old", "d": "x"})

    assert found.commands == {1: "new"}
    assert (found.new, found.gone, found.num_jobs) == (("d",), ("c",), 3)
    assert found.lines() == ("1 changed command", "1 new job", "1 removed job")
    assert "No command differs" in compare_commands(jobs, dict.fromkeys("abc", "old")).lines()[0]


def test_a_failed_job_is_reset_for_its_new_command_and_an_active_one_is_refused(
    client, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    stage = Stage(client, "edited")
    stage.failed()

    done = carry_out(propose_commands(client, stage.id, {stage.job: "echo mended\n"}))

    job = client.get_job(stage.job)
    assert (job.command, job.status) == ("echo mended", JobStatus.UNINITIALIZED)
    assert done.sentence == (
        f"Changed the command of job {stage.job} (a). "
        f"To run what was reset: torc recover {stage.id} --retry-unknown"
    )
    with pytest.raises(ConflictError, match="as before"):
        propose_commands(client, stage.id, {stage.job: "echo mended"})


def test_the_command_of_a_job_that_runs_stays(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage = Stage(client, "busy")
    stage.running()

    with pytest.raises(ConflictError, match="its command cannot be changed now"):
        propose_commands(client, stage.id, {stage.job: "other"})
