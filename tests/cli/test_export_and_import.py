"""`torc workflows export` and `torc workflows import`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import Process
from waiting import wait_for

DOCUMENT = Path(__file__).parents[1] / "data" / "exports" / "reference_1.0.json"
SPEC = """
name: w
files: [{name: f, path: f.txt}]
user_data: [{name: d, data: {a: 1}}]
jobs:
- {name: a, command: "x \\u202e", output_files: [f]}
- {name: b, command: x, input_files: [f]}
"""


@pytest.fixture
def created(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(SPEC)
    torc("workflows", "create", "w.yaml")
    return torc("-f", "json", "workflows", "list").json["workflows"][-1]["id"]


def test_a_workflow_is_exported_to_a_file_and_imported_from_it(torc, tmp_path, created):
    done = torc("workflows", "export", created, "-o", "w.json")
    assert done.out == (
        f"Exported #{created} w with 2 jobs, 1 file and 1 user data to w.json.\n"
    ), done.err
    document = json.loads((tmp_path / "w.json").read_bytes())
    assert list(document) == [
        *("export_version", "exported_at", "workflow", "files", "user_data"),
        *("resource_requirements", "slurm_schedulers", "local_schedulers", "failure_handlers"),
        *("jobs", "workflow_actions"),
    ]
    assert document["export_version"] == "1.0"
    assert b"\\u202e" in (tmp_path / "w.json").read_bytes()  # fit to be shown, and the same text
    assert document["jobs"][0]["command"] == "x \u202e"

    made = torc("workflows", "import", "w.json", "--name", "copy")
    assert made.code == 0, made.err
    assert made.out.endswith(" copy with 2 jobs, 1 file and 1 user data.\n")


def test_both_say_in_json_what_the_reference_says(torc, created):
    done = torc("workflows", "export", created, "-o", "w.json", "--include-events", "-f", "json")
    assert done.json == {
        "success": True,
        "workflow_id": created,
        "workflow_name": "w",
        "output_file": "w.json",
        "jobs": 2,
        "files": 1,
        "user_data": 1,
        "results": 0,
        "events": 0,
    }
    made = torc("workflows", "import", "w.json", "-f", "json").json
    assert made.pop("workflow_id") > created
    assert made == {"success": True, "workflow_name": "w", "jobs": 2, "files": 1, "user_data": 1}


def test_without_a_file_both_are_parts_of_a_pipe(torc, created):
    document = torc("workflows", "export", "latest", "--include-results")
    assert document.json["workflow"]["id"] == created
    assert document.json["results"] == document.json["compute_nodes"] == []
    assert torc("workflows", "import", "-", stdin=document.out).code == 0


def test_warnings_go_to_stderr(torc):
    made = torc("-f", "json", "workflows", "import", DOCUMENT)
    assert made.json["jobs"] == 3
    assert "warning: 2 events left out" in made.err
    assert torc("workflows", "import", DOCUMENT, "--skip-events").err.count("events") == 0


def test_a_file_stays_as_it_was_when_the_export_fails(torc, tmp_path):
    (tmp_path / "w.json").write_text("old")
    assert torc("workflows", "export", 123456, "-o", "w.json").code == 4
    assert (tmp_path / "w.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["w.json"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["export", 123456], 4, "There is no workflow 123456"),
        (["import", "none.json"], 2, "there is no such file"),
        (["import", "."], 2, "is a directory"),
        (["import", "bad.json"], 2, "bad.json: not valid JSON at byte 0"),
        (["import", "spec.json"], 2, "torc workflows create FILE"),
        (["import", "newer.json"], 2, "it has version 2.0 of the format"),
        (["import"], 2, "Missing argument 'FILE'"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    torc, tmp_path, client, arguments, code, said
):
    (tmp_path / "bad.json").write_text("[1]")
    (tmp_path / "spec.json").write_text('{"name": "w", "jobs": [{"name": "a", "command": "x"}]}')
    (tmp_path / "newer.json").write_text('{"export_version": "2.0"}')
    before = client.list_workflows().total_count
    failed = torc("workflows", *arguments)
    assert (failed.code, failed.out) == (code, "")
    assert said in failed.err
    assert "Traceback" not in failed.err
    assert client.list_workflows().total_count == before


def test_a_file_that_cannot_be_written_is_named(torc, created):
    for path in ("/dev/full", "none/w.json"):
        failed = torc("workflows", "export", created, "-o", path)
        assert failed.code == 9
        assert f"{path} cannot be written" in failed.err


def test_ctrl_c_leaves_no_half_of_a_workflow(torc, client, tmp_path):
    document = json.loads(DOCUMENT.read_bytes())
    document["workflow"]["name"] = "interrupted"
    document["results"] = [{**document["results"][0], "run_id": number} for number in range(20_000)]
    (tmp_path / "w.json").write_text(json.dumps(document))

    def there() -> list[int]:
        return [each.id for each in client.list_workflows(name="interrupted").items]

    with Process(
        [sys.executable, "-m", "torc_tui", "workflows", "import", "w.json"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as importing:
        wait_for(
            lambda: there() and client.list_results(there()[0], all_runs=True).total_count,
            "the import to create results",
        )
        importing.send_signal(signal.SIGINT)
        _, said = importing.communicate(timeout=100)
    assert importing.returncode == 130
    assert "Traceback" not in said
    assert there() == []


@pytest.mark.parametrize("name", ["export", "import"])
def test_help(torc_alone, name):
    shown = torc_alone("workflows", name, "--help")
    assert shown.code == 0
    assert f"torc workflows {name} " in shown.out
