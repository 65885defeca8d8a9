"""Every command, with a server of the reference: right, or it says plainly what that lacks."""

from __future__ import annotations

import json
import re

import pytest
from bad_input.commands import (
    LEAVES,
    OF_UNKNOWN,
    UNKNOWN,
    WITH_FILE,
    WITHOUT_SERVER,
    WORKFLOW_FILE,
    lines_of,
)
from cli.json_shapes import DOCUMENTED, RECORDS, WITHOUT_JSON, faults, key_of, parse
from reference.world import make_world

KINDS = {
    "compute-nodes get": "node",
    "events delete": "event", "events get": "event",
    "failure-handlers get": "handler",
    "files delete": "file", "files get": "file", "files update": "file",
    "jobs cancel": "job", "jobs delete": "job", "jobs get": "done", "jobs logs": "done",
    "jobs retry": "done", "jobs terminate": "job", "jobs update": "job",
    "resource-requirements delete": "requirements", "resource-requirements get": "requirements",
    "resource-requirements update": "requirements",
    "results delete": "result", "results get": "result",
    "scheduled-compute-nodes get": "allocation", "scheduled-compute-nodes list-jobs": "allocation",
    "slurm delete": "scheduler", "slurm get": "scheduler", "slurm update": "scheduler",
    "user-data delete": "data", "user-data get": "data", "user-data update": "data",
}  # fmt: skip
"""What the id of a command is one of, where it is not a workflow."""

REFUSED = {
    "hpc generate": (9, "Slurm"),
    "jobs logs": (4, "does not exist"),
    "jobs retry": (5, "it cannot be retried"),
    "jobs terminate": (5, "it can be canceled, not terminated"),
    "jobs update": (5, "can only be changed before it is initialized"),
    "logs analyze": (4, "here"),
    "logs bundle": (4, "There are no logs"),
    "plot-resources": (2, "here.db"),
    "recover": (5, "has not been started"),
    "resource-requirements delete": (5, "jobs use them"),
    "results diff": (4, "has no run before"),
    "runs stop": (4, "20260601T142305-wf7-a1b2c3"),
    "slurm generate": (2, "has no resource requirements"),
    "slurm parse-logs": (4, "There are no logs"),
    "slurm regenerate": (9, "Slurm"),
    "slurm sacct": (9, "Slurm"),
    "slurm schedule-nodes": (9, "Slurm"),
    "submit": (2, "requests no nodes"),
    "submit-slurm": (9, "Slurm"),
    "tui": (2, "terminal"),
    "watch": (1, "has no allocation left"),
    "workflows create-slurm": (9, "Slurm"),
    "workflows initialize": (2, "Cannot ask without a terminal"),
    "workflows resume": (7, "does not keep records of runs, and cannot resume workflows"),
    "workflows runs": (7, "does not keep records of runs"),
    "workflows submit": (2, "requests no nodes"),
}
"""Commands that this workflow, this machine or this server has nothing for, and what they say."""
PRINTS_A_FILE = ("workflows", "convert")
"""What it prints is a workflow file, in the format that was asked for."""
ALSO_PRINTED = {("recover",): {"error", "workflow_id", "dry_run"}}
"""Documents that commands print besides an error."""
FOLLOWING = ("events", "monitor")
"""Does not end by itself, see `test_following`."""
LINES = [
    *(words for words in lines_of(OF_UNKNOWN) if words[:2] != FOLLOWING),
    *lines_of(WITH_FILE),
    *lines_of(WITHOUT_SERVER),
    ("ping",),
]
RAW = re.compile(r"\b(None|404|405|500)\b|Traceback|missing field|Couldn't parse|fault of torc")


def spoken(words):
    """Return the words of a line that name its command."""
    return max((path for path in LEAVES if words[: len(path)] == path), key=len)


def test_every_command_is_walked():
    assert {spoken(words) for words in LINES} | {FOLLOWING} == LEAVES.keys()


def prepared(words, there, torc, tmp_path):
    """Return a line with the ids and the files that it needs."""
    (tmp_path / "w.yaml").write_text(WORKFLOW_FILE)
    (tmp_path / "f.txt").write_text("")
    world = make_world(there, str(tmp_path))
    if words[:2] == ("workflows", "import"):
        args = ("workflows", "export", world.workflow, "-o", "w.json")
        assert torc(*args).code == 0
    kind = "job" if "-j" in words else KINDS.get(" ".join(words[:2]), "workflow")
    return [str(getattr(world, kind)) if word == UNKNOWN else word for word in words]


@pytest.fixture
def _stopped(request, torc_alone):
    """No server that a command starts is left."""
    yield
    if request.node.callspec.params["words"][0] == "server":
        torc_alone("server", "stop")


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_a_command_is_right_or_says_what_the_server_lacks(words, torc, there, tmp_path):
    ended = torc(*prepared(words, there, torc, tmp_path))

    code, said = REFUSED.get(" ".join(spoken(words)), (0, ""))
    assert (ended.code, said in ended.out + ended.err) == (code, True), (ended.out, ended.err)
    if words[0] not in {"config", "completions", "hpc"}:
        assert not RAW.search(ended.out + ended.err), (ended.out, ended.err)


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize(
    "words", [each for each in LINES if f"torc {each[0]}" not in WITHOUT_JSON], ids=" ".join
)
def test_with_json_results_and_errors_are_as_documented(words, torc_here, there, tmp_path):
    line = prepared(words, there, torc_here, tmp_path)

    ended = torc_here("-f", "json", *line)

    code, said = REFUSED.get(" ".join(spoken(words)), (0, ""))
    if words == ("workflows", "initialize", UNKNOWN):
        code, said = 0, ""  # without a terminal, programs are not asked
    assert ended.code == code, (ended.out, ended.err)
    if spoken(words) == PRINTS_A_FILE:
        return
    if ended.code in {0, 1}:
        full = ["--output" if word == "-o" else word for word in line]
        key = key_of(" ".join([*(["torc"] if len(spoken(words)) == 1 else []), *full]))
        assert list(faults(ended.json, parse(DOCUMENTED[key]), RECORDS)) == []
    else:
        assert ended.out == "" or ended.json.keys() == ALSO_PRINTED.get(spoken(words))
        error = json.loads(ended.err.splitlines()[-1])["error"]
        assert error["exit_code"] == code
        assert said in error["message"]
        assert error["code"]


def test_counts_that_the_list_lacks_are_not_printed_as_zero(torc, there, tmp_path):
    world = make_world(there, str(tmp_path))

    rows = torc("workflows", "list", "--all-users").out.splitlines()
    (row,) = (row.split() for row in rows if row.split()[0] == str(world.workflow))
    assert row[:6] == [str(world.workflow), "world", "tester", "-", "-", "-"]
