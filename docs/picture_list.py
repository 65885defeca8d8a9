"""Which pictures of the interface there are, and how each is reached."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from picture_workflows import STUDY

SMALL, USUAL, WIDE = (80, 24), (112, 28), (160, 48)


class Stage(IntEnum):
    """How far the study is."""

    CREATED = 0
    RUNNING = 1
    FAILED = 2
    RECOVERED = 3


class Seen(str):
    """A text for which to wait, among keys that are pressed."""

    __slots__ = ()


REST = Seen()
"""Waits until nothing changes."""


class Picture(NamedTuple):
    """One picture."""

    stage: Stage
    size: tuple[int, int]
    steps: tuple[str, ...]
    """Keys, and what is seen between them."""
    theme: str = "dark"
    is_ascii: bool = False


LISTED, SWEEP = Seen(STUDY), Seen("hpo-sweep")
INSIDE = (LISTED, "right", Seen("[Jobs]"), Seen("member_001"))
"""In the list of the study's jobs."""
OFFERED = (Seen("Runs on this machine"), "escape")

NIGHTLY = (SWEEP, "G", "right", Seen("check_keys"))
"""In the list of the jobs of a small workflow that has ended."""

PICTURES = {
    "files": Picture(Stage.CREATED, SMALL, (*NIGHTLY, "tab", Seen("orders.csv"))),
    "nodes": Picture(Stage.CREATED, SMALL, (*NIGHTLY, *["tab"] * 4, Seen("GPUs"))),
    "help": Picture(Stage.CREATED, SMALL, (SWEEP, "question_mark", Seen("Keys"))),
    "servers": Picture(Stage.CREATED, SMALL, (SWEEP, "at", Seen("Known from"))),
    "create": Picture(Stage.CREATED, SMALL, (SWEEP, "n", Seen("hpo-sweep.yaml"))),
    "wizard": Picture(
        Stage.CREATED, SMALL,
        (SWEEP, "m", Seen("step 1 of 7"), *"sweep", "ctrl+n", Seen("Command"), *"fit_{i}"),
    ),
    "runs": Picture(Stage.RUNNING, USUAL, (Seen("Runs on this machine"), Seen(" of 45 done"))),
    "jobs": Picture(
        Stage.RUNNING, USUAL, (*OFFERED, *INSIDE, Seen("✗ failed"), "3", "3", Seen("Status▼"))
    ),
    "wide": Picture(Stage.RUNNING, WIDE, (*OFFERED, *INSIDE, *["down"] * 5, Seen("step "))),
    "workflows": Picture(Stage.FAILED, SMALL, (LISTED, Seen("✗ failed"))),
    "narrow": Picture(Stage.FAILED, SMALL, INSIDE),
    "failures": Picture(Stage.FAILED, USUAL, (*INSIDE, "F", Seen("ValueError"))),
    "why": Picture(Stage.FAILED, SMALL, (*INSIDE, "N", REST, "!", Seen("out of memory"))),
    "log": Picture(Stage.FAILED, USUAL, (*INSIDE, "N", REST, "N", REST, "l", Seen("first error"))),
    "plan": Picture(Stage.FAILED, SMALL, (*INSIDE, "v", Seen("Nothing has been changed"))),
    "question": Picture(Stage.FAILED, USUAL, (*INSIDE, "Y", Seen("y yes"))),
    "groups": Picture(
        Stage.FAILED, USUAL,
        (*INSIDE, *["shift+tab"] * 3, Seen("▸ member_#"), *["down"] * 3, Seen("critical path")),
    ),
    "graph": Picture(
        Stage.FAILED, USUAL,
        (*NIGHTLY, *["shift+tab"] * 3, Seen("▸"), "E", "E",
         Seen("orders")),
    ),
    "time": Picture(Stage.FAILED, USUAL, (*INSIDE, "T", Seen("memory"), *["down"] * 6)),
    "results": Picture(
        Stage.FAILED, SMALL, (*INSIDE, *["tab"] * 3, Seen("[Results]"), Seen("member_"))
    ),
    "events": Picture(Stage.FAILED, SMALL, (*INSIDE, "e", Seen("run_ended"))),
    "filter": Picture(Stage.FAILED, SMALL, (*INSIDE, "slash", *"03", Seen("of 45"))),
    "columns": Picture(Stage.FAILED, SMALL, (*INSIDE, "comma", Seen("Priority"))),
    "palette": Picture(Stage.FAILED, SMALL, (*INSIDE, "ctrl+p", Seen("Actions"), *"re")),
    "command": Picture(
        Stage.FAILED, SMALL, (*INSIDE, "colon", *"sort ", "tab", Seen("Status"))
    ),
    "diff": Picture(Stage.RECOVERED, SMALL, (*INSIDE, "D", Seen("older ▸"))),
    "plots": Picture(Stage.RECOVERED, USUAL, (*INSIDE, "P", Seen("seconds"))),
    "light": Picture(Stage.RECOVERED, USUAL, (*INSIDE, *["down"] * 9), theme="light"),
    "ascii": Picture(Stage.RECOVERED, SMALL, INSIDE, is_ascii=True),
}  # fmt: skip
"""By the names of their files, in the order in which they are drawn."""
