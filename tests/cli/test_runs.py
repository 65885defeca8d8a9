"""`torc runs`: also what is damaged, and never waiting for it."""

from __future__ import annotations

import os

from torc_core.host.directories import runs_directory
from torc_core.host.runs import RunMeta, create_run

META = RunMeta(
    run_id="20260101T000000-wf1-abc", workflow_id=1, workflow_name="w", url="http://127.0.0.1:1",
    output_dir="output", cwd="/", started_at="2026-01-01T00:00:00.000Z",
)  # fmt: skip


def test_a_damaged_run_is_listed_with_what_helps(torc_alone):
    directory = runs_directory() / "20260102T000000-wf1-abc"
    directory.mkdir()
    os.mkfifo(directory / "meta.json")

    printed = torc_alone("runs", "list", timeout=100)
    record = torc_alone("-f", "json", "runs", "list", timeout=100)

    assert printed.code == record.code == 0
    assert f"{directory.name}" in printed.out
    assert "damaged" in printed.out
    problem = "Its meta.json is a pipe or a device, not a file."
    assert f"warning: {directory} is damaged. {problem} No runner is at work" in printed.err
    assert record.json["runs"] == []
    (damaged,) = record.json["damaged_runs"]
    assert damaged["directory"] == str(directory)
    assert damaged["problem"] == problem
    assert damaged["hint"].endswith(f"rm -r {directory}")


STEPS = """
name: stepwise
jobs:
  - {name: first, command: "true"}
  - {name: wrong, command: "exit 3"}
  - {name: after, command: "true", depends_on: [wrong], cancel_on_blocking_job_failure: true}
"""


def test_every_step_of_a_run_is_on_record_when_it_is_over(torc, tmp_path):
    (tmp_path / "steps.yaml").write_text(STEPS)
    number = torc("-f", "json", "run", tmp_path / "steps.yaml").json["workflow_id"]

    runs = torc("-f", "json", "runs", "list").json["runs"]

    (status,) = [run["status"] for run in runs if run["meta"]["workflow_id"] == number]
    assert {step["name"]: step["status"] for step in status["steps"]} == {
        "first": "completed",
        "wrong": "failed",
        "after": "canceled",
    }
    assert status["summary"] == {"completed": 1, "failed": 1, "canceled": 1}
    assert (status["workflow_id"], status["steps_left_out"]) == (number, 0)


def test_clear_asks_and_names_what_it_has_cleared(torc_alone):
    run = create_run(META)
    run.begin()
    run.end("failed", 1)

    asked = torc_alone("runs", "clear", run.path.name)
    assert (asked.code, run.path.exists()) == (2, True)

    answer = torc_alone("-f", "json", "runs", "clear", "--all", "--no-prompts")
    assert answer.json["cleared_runs"] == [META.run_id]
    assert not run.path.exists()


def test_clear_and_stop_need_to_know_which(torc_alone):
    assert "Give ids from `torc runs list`, or --all." in torc_alone("runs", "clear").err
    assert "There is no run 'x'" in torc_alone("runs", "stop", "x").err
