"""A server of others that answers what it likes: texts of any length, errors, headers, events."""

from __future__ import annotations

import pytest
from hostile.commands import COMMAND, INTERFACE, strangers
from hostile.malicious import malicious
from hostile.pty_output import pty_output
from hostile.walking import Step, walk

from torc_core.errors import ExitCode

STEPS = (
    Step("", "▶ running"),
    Step("\r", "[Jobs]", "51 jobs", "✗ failed"),
    Step("\t", "[Files]", "50 files"),
    Step("\t", "[Events]"),
    Step("\t", "[Results]"),
    Step("\t", "[Nodes]"),
    Step("\t", "[Runs]"),
    Step("\t", "[DAG]"),
    Step("\t", "[Time]"),
    Step("\t", "[More]"),
    Step("\t", "[Jobs]", "✗ failed"),
    Step("\r", "details"),
    Step("q", "[Jobs]"),
    Step("!", "Why ▸"),
    Step("q", "[Jobs]"),
    Step("F", "failed jobs"),
    Step("q", "[Jobs]"),
    Step("C", "yes"),
    Step("y", "[Jobs]", gone="yes"),
    Step("R", "yes"),
    Step("y", "[Jobs]", gone="yes"),
)
REFUSALS = {
    "errors": b"",
    "no JSON": b"\x1b]0;EVIL\x07\xff\xfe\x9b2J",
    "another form": b'{"error": ["\\u001b[2JEVIL", {"EVIL": "\\u009b2J"}], "errorMessage": 7}',
}


def test_the_interface(filled, show):
    with malicious(filled.url) as url:
        screen = show("--url", url, "tui", size=(120, 36))
        walk(screen, STEPS)

        assert screen.end() == ExitCode.TERMINATED

    assert strangers(bytes(screen.output), INTERFACE) == set()


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_commands(filled, tmp_path, refusal):
    number = str(filled.workflow_id)
    with malicious(filled.url, refusal) as url:
        for line in (
            ["ping"],
            ["workflows", "list", "--all-users"],
            ["workflows", "get", number],
            ["jobs", "list", number],
            ["events", "list", number],
            ["workflows", "cancel", number],
            ["jobs", "create", number, "-n", "x", "-c", "x"],
        ):
            output = pty_output(["--url", url, *line], tmp_path)
            assert strangers(output, COMMAND) == set(), line
