"""Hostile files: none of them commands the terminal, tears a box, or ends a program."""

from __future__ import annotations

import base64
import re
from contextlib import closing

from hostile import disk
from hostile.commands import COMMAND, COPY, INTERFACE, strangers
from hostile.pty_output import pty_output
from hostile.walking import Step, walk

from torc_core.characters import HIDDEN
from torc_core.client import TorcClient
from torc_core.errors import ExitCode

PASTED = "\u202eLIVE \u2066\u200b\x9b2J \U000e0041"
COLORS = {"colors": r"\x1b\[[0-9;:]*m", "movements": r"\t|\x08"}
"""What of a log is written to a terminal beside its text."""
OPEN = (Step("", "▶ running"), Step("\r", "[Jobs]", "51 jobs", "✗ failed"))
STEPS = (
    Step("H", "Runs on this machine", "EVIL"),
    Step("jjj", "Runs on this machine"),
    Step("\x1b", "[Jobs]", gone="Runs on this machine"),
    Step("@", "Servers", "EVIL"),
    Step("jjj", "Servers"),
    Step("d", "Servers"),
    Step("\x1b", "[Jobs]", gone="Servers"),
    Step("b", "Saved filters", "EVIL"),
    Step("jj\r", "[Jobs]", gone="Saved filters"),
    Step("n", "New workflow", "EVIL"),
    Step("EVIL\t", "New workflow"),
    Step(f"\x1b[200~{PASTED}\x1b[201~", "New workflow", "LIVE"),
    Step("\x1b\x1b", "[Jobs]", gone="New workflow"),
)
LOG = (
    *OPEN,
    Step("l", "stdout", "EVIL"),
    Step("w", "wrap on"),
    Step("Y", "to the clipboard; all in"),
    Step("a", "plain"),
    Step("g", "EVIL"),
    Step("G", "100%"),
    Step("g", "EVIL"),
    Step("w", "EVIL", gone="wrap on"),
    Step("/", "Search"),
    Step("EVIL\r", "match 1"),
    Step("x", "00000000"),
    Step("x", "EVIL"),
    Step("q", "[Jobs]"),
    Step("F", "20 failed jobs"),
    Step("q", "[Jobs]"),
)


def place(tmp_path):
    """Return a directory whose own name is hostile."""
    directory = tmp_path / "EVIL\x1b]0;EVIL\x07\u202e [red]"
    directory.mkdir()
    return directory


def test_files_of_the_user(filled, show, tmp_path):
    directory = place(tmp_path)
    disk.write_state(filled.url)
    disk.write_settings(tmp_path / "config" / "torc", filled.url)
    disk.write_specs(directory)
    screen = show("--url", filled.url, "tui", size=(140, 40), cwd=directory)
    walk(screen, OPEN)
    disk.write_runs(filled.url, filled.workflow_id)
    walk(screen, STEPS)

    assert screen.end() == ExitCode.TERMINATED
    assert strangers(bytes(screen.output), INTERFACE) == set()
    for line in (["runs", "list"], ["config", "show"], ["config", "paths"], ["config", "validate"]):
        assert strangers(pty_output(line, directory), COMMAND) == set(), line
    for name in disk.file_names()[::6]:
        line = ["workflows", "create", "--dry-run", f"{name}.yaml"]
        output = pty_output(["--url", filled.url, *line], directory)
        assert strangers(output, COMMAND) == set(), line


def test_what_jobs_print(filled, show, tmp_path):
    directory = place(tmp_path)
    with closing(TorcClient(filled.url)) as client:
        disk.write_logs(client, filled.workflow_id, directory / "output")
        job = client.list_results(filled.workflow_id).items[0].job_id
    screen = show("--url", filled.url, "tui", size=(100, 30), cwd=directory)
    walk(screen, LOG)
    copied = re.search(rb"\x1b\]52;c;([^\x07]*)\x07", bytes(screen.output))

    assert screen.end() == ExitCode.TERMINATED
    assert strangers(bytes(screen.output), INTERFACE, COPY) == set()
    assert not HIDDEN.search(base64.b64decode(copied[1]).decode().replace("\n", ""))
    for line in (["jobs", "logs", str(job)], ["reports", "failures", str(filled.workflow_id)]):
        output = pty_output(["--url", filled.url, *line], directory)
        assert b"EVIL" in output
        assert strangers(output, COMMAND, COLORS) == set(), line
