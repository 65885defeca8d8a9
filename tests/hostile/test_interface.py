"""Hostile records in the interface: none commands the terminal, tears a box, or ends it."""

from __future__ import annotations

import pytest
from hostile.commands import INTERFACE, strangers
from hostile.walking import Step, walk

from torc_core.errors import ExitCode

BACK = Step("q", "[Jobs]")
OPEN = (
    Step("", "▶ running", columns=("State",)),
    Step("\r", "[Jobs]", "51 jobs", "✗ failed"),
)
TABS = (
    *OPEN,
    Step("\t", "[Files]", "50 files", columns=("Path",)),
    Step("\r", "file ▸"),
    Step("q", "[Files]"),
    Step("\t", "[Events]", "started on node", columns=("Type", "Event")),
    Step("\r", "Events ▸"),
    Step("q\t", "[Results]", "20 results"),
    Step("\t", "[Nodes]"),
    Step("\t", "[Runs]"),
    Step("\t", "[DAG]", "51 groups"),
    Step("jj(", "[DAG]"),
    Step("E", "[DAG]"),
    Step("\t", "[Time]"),
    Step("\t", "[More]", "[User data]", " user data", columns=("Data",)),
    Step("\r", "User data ▸"),
    Step("qE", "[Requirements]", " resource requirement"),
    Step("\r", "Resource requirements ▸"),
    Step("qE", "[Schedulers]", " slurm scheduler"),
    Step("\r", "Slurm schedulers ▸"),
    Step("qE", "[Local schedulers]"),
    Step("E", "[Failure handlers]", " failure handler"),
    Step("\r", "Failure handlers ▸"),
    Step("qE", "[Actions]", " action"),
    Step("\r", "Actions ▸"),
    Step("q\t", "[Jobs]", "✗ failed"),
)
DIALOGS = (
    *OPEN,
    Step("\r", "details"), BACK,
    Step("l", "stdout"), BACK,
    Step("!", "Why ▸"), BACK,
    Step("F", "20 failed jobs"), Step("\r", "[Jobs]", "only:"),
    Step("\x1b", "51 jobs", gone="only:"),
    Step("v", "/ search"), BACK,
    Step("D", "▸ runs"), BACK,
    Step("P", "▸ plots"), BACK,
    Step("=", "status: failed"), Step("\x1b", "51 jobs"),
    Step(",", "Columns of Jobs"), Step("\x1b", "[Jobs]", gone="Columns of"),
    Step("C", "yes"), Step("n", "[Jobs]", gone="yes"),
    Step("c", "not canceled"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "size", "environ"),
    [
        (TABS, (160, 48), {}),
        (TABS, (80, 24), {"TERM": "xterm", "COLORTERM": ""}),
        (DIALOGS, (130, 36), {}),
    ],
    ids=["wide", "small", "dialogs"],
)
def test_records(filled, show, steps, size, environ):
    screen = show("--url", filled.url, "tui", size=size, **environ)
    walk(screen, steps)

    assert screen.end() == ExitCode.TERMINATED
    assert b"EVIL" in screen.output
    assert strangers(bytes(screen.output), INTERFACE) == set()
