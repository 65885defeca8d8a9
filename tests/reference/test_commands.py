"""Every command, with a server of the reference: right, or it says plainly what that lacks."""

from __future__ import annotations

import re

import pytest
from bad_input.commands import OF_UNKNOWN, UNKNOWN, WITH_FILE, WORKFLOW_FILE, lines_of
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
    "jobs logs": (4, "does not exist"),
    "jobs retry": (5, "it cannot be retried"),
    "jobs terminate": (5, "it can be canceled, not terminated"),
    "jobs update": (5, "can only be changed before it is initialized"),
    "logs bundle": (4, "There are no logs"),
    "recover": (5, "has not been started"),
    "resource-requirements delete": (5, "jobs use them"),
    "results diff": (4, "has no run before"),
    "slurm parse-logs": (4, "There are no logs"),
    "slurm regenerate": (9, "Slurm"),
    "slurm sacct": (9, "Slurm"),
    "slurm schedule-nodes": (9, "Slurm"),
    "submit": (2, "requests no nodes"),
    "watch": (1, "has no allocation left"),
    "workflows initialize": (2, "Cannot ask without a terminal"),
    "workflows resume": (7, "does not keep records of runs, and cannot resume workflows"),
    "workflows runs": (7, "does not keep records of runs"),
    "workflows submit": (2, "requests no nodes"),
}
"""Commands that this workflow, this machine or this server has nothing for, and what they say."""
LINES = [
    *(words for words in lines_of(OF_UNKNOWN) if words[:2] != ("events", "monitor")),
    *lines_of(WITH_FILE),
    ("ping",),
]


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_a_command_is_right_or_says_what_the_server_lacks(words, torc, there, tmp_path):
    (tmp_path / "w.yaml").write_text(WORKFLOW_FILE)
    (tmp_path / "f.txt").write_text("")
    world = make_world(there, str(tmp_path))
    if words[:2] == ("workflows", "import"):
        assert torc("workflows", "export", world.workflow, "-o", "w.json").code == 0
    kind = "job" if "-j" in words else KINDS.get(" ".join(words[:2]), "workflow")
    line = [str(getattr(world, kind)) if word == UNKNOWN else word for word in words]

    ended = torc(*line)

    spoken = " ".join(word for word in words[:2] if word.replace("-", "").isalpha())
    code, said = REFUSED.get(spoken, (0, ""))
    assert (ended.code, said in ended.out + ended.err) == (code, True), (ended.out, ended.err)
    raw = re.search(
        r"None|Traceback|missing field|Couldn't parse|(?<![.\d])404", ended.out + ended.err
    )
    assert not raw


def test_counts_that_the_list_lacks_are_not_printed_as_zero(torc, there, tmp_path):
    world = make_world(there, str(tmp_path))

    rows = torc("workflows", "list", "--all-users").out.splitlines()
    (row,) = (row.split() for row in rows if row.split()[0] == str(world.workflow))
    assert row[:6] == [str(world.workflow), "world", "tester", "-", "-", "-"]
