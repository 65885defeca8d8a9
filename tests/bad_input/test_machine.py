"""Output that cannot be written, and a state directory that cannot be used."""

from __future__ import annotations

import pytest
from bad_input.commands import WITHOUT_SERVER, WORKFLOW_FILE, lines_of

from torc_core.model.workflow import Workflow

PRINTING = [
    ("workflows", "list"),
    ("workflows", "get", "W"),
    ("workflows", "status", "W"),
    ("workflows", "export", "W"),
    ("workflows", "execution-plan", "w.yaml"),
    ("workflows", "create", "w.yaml", "--dry-run"),
    ("jobs", "list", "W"),
    ("events", "list", "W"),
    ("reports", "summary", "W"),
    ("config", "show"),
    ("completions", "bash"),
    ("runs", "list"),
    ("--help",),
    ("--version",),
]


@pytest.fixture
def line(server, folder):
    workflow = server.client().create_workflow(Workflow(name="printed", user="tester"))
    (folder / "w.yaml").write_text(WORKFLOW_FILE)
    return lambda words: [str(workflow.id) if word == "W" else word for word in words]


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_a_full_disk_behind_stdout_is_one_line(words, torc, line):
    ended = torc(*line(words), stdout="/dev/full")

    assert ended.code == 9
    assert "No space left on device" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_without_stdout_commands_work_all_the_same(words, torc, line):
    ended = torc(*line(words), stdout="closed")

    assert (ended.code, ended.err) == (0, ""), ended


@pytest.mark.parametrize(
    "words",
    [
        ("workflows", "list"),
        ("run", "w.yaml"),
        *(words for words in lines_of(WITHOUT_SERVER) if words[0] in {"runs", "server"}),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("place", ["w.yaml", "/proc/none", "/dev/null/none"])
def test_a_state_directory_that_cannot_be_used_is_named(
    words, place, torc_alone, folder, monkeypatch
):
    (folder / "w.yaml").write_text(WORKFLOW_FILE)
    monkeypatch.setenv("XDG_STATE_HOME", place)

    ended = torc_alone(*words)

    assert (ended.code, ended.out) == (9, ""), ended
    assert place in ended.err
    assert "hint: Set XDG_STATE_HOME" in ended.err
