"""Hostile records in what commands print: tables, sentences, JSON, errors."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from bad_input.commands import OF_UNKNOWN
from hostile.commands import COMMAND, strangers
from hostile.pty_output import pty_output

from torc_core.characters import HIDDEN

CHANGES = re.compile(
    r"archive|cancel|correct|create|delete|initialize|monitor|recover|regenerate|reinitialize|reset"
    r"|resume|retry|run$|schedule-nodes|submit|sync|terminate|update|watch"
)
LINES = [line.strip() for line in OF_UNKNOWN.strip().splitlines()]
READING = [line for line in LINES if not CHANGES.search(line.partition(" ID")[0])]
GROUPS = [READING[at::6] for at in range(6)]
"""Each test runs some of them."""


@pytest.mark.parametrize("lines", GROUPS, ids=lambda lines: lines[0])
def test_a_terminal_gets_text_and_nothing_else(filled, tmp_path, lines):
    for line in lines:
        arguments = shlex.split(line.replace("ID", str(filled.workflow_id)))
        output = pty_output(["--url", filled.url, *arguments], tmp_path)
        assert strangers(output, COMMAND) == set(), line


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("workflows list --all-users", "workflows"),
        ("jobs list ID", "jobs"),
        ("events list ID", "events"),
        ("user-data list ID", "user_data"),
    ],
)
def test_json_says_it_in_escapes(filled, tmp_path, line, name):
    arguments = shlex.split(line.replace("ID", str(filled.workflow_id)))
    output = pty_output(["--url", filled.url, "--format", "json", *arguments], tmp_path)

    assert strangers(output, COMMAND) == set()
    assert any(map(HIDDEN.search, _texts(json.loads(output)[name])))


def _texts(value):
    match value:
        case dict():
            return [text for each in value.items() for text in _texts(list(each))]
        case list():
            return [text for each in value for text in _texts(each)]
    return [str(value)]
