"""How far a workflow is, in one bar and one line of counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rich.cells import cell_len

from torc_core.model.status import UNSUCCESSFUL, JobStatus
from torc_core.operations.facts import count
from torc_tui.theme import QUIET, Cell, look_of

_BROKEN = UNSUCCESSFUL | {JobStatus.PENDING_FAILED}

_BAR: tuple[tuple[str, str, Collection[JobStatus]], ...] = (
    ("━", "green", (JobStatus.COMPLETED,)),
    ("╍", "yellow", (JobStatus.RUNNING,)),
    ("┄", "blue", (JobStatus.PENDING,)),
    ("x", "red", _BROKEN),
)
"""The parts of a bar from the left; the rest waits."""

_COUNTED = (
    JobStatus.COMPLETED,
    JobStatus.FAILED,
    JobStatus.PENDING_FAILED,
    JobStatus.TERMINATED,
    JobStatus.RUNNING,
    JobStatus.PENDING,
    JobStatus.READY,
    JobStatus.BLOCKED,
    JobStatus.CANCELED,
    JobStatus.DISABLED,
    JobStatus.UNINITIALIZED,
)
"""The order of counts: what went wrong is seen even where the line is cut."""


def bar(counts: Mapping[str, int], width: int) -> list[Cell]:
    """Return a bar of `width` cells. Every part that has a job has at least one cell."""
    total = sum(counts.values())
    shown = [(each, count(counts, each[2])) for each in _BAR if count(counts, each[2])]
    parts: list[Cell] = []
    so_far = drawn = 0
    for at, ((glyph, tone, _), number) in enumerate(shown, 1):
        so_far += number
        room = width - (len(shown) - at)
        end = min(room, max(drawn + 1, so_far * width // total))
        parts.append(Cell(glyph * (end - drawn), tone))
        drawn = end
    return [*parts, Cell("·" * (width - drawn), QUIET)]


def tally(counts: Mapping[str, int], width: int) -> list[Cell]:
    """Return counts such as "✓ 5,210 completed", for every status that a job is in.

    They are such as "✓C 5,210" if the words do not fit into the width.
    """
    found = [(look_of(status), counts[status], status) for status in _COUNTED if counts.get(status)]
    worded = [Cell(f"{look.glyph} {number:,} {name}  ", look.tone) for look, number, name in found]
    if sum(cell_len(cell.text) for cell in worded) - 2 <= width:
        return worded
    return [Cell(f"{look.glyph}{look.letter} {number:,}  ", look.tone) for look, number, _ in found]
