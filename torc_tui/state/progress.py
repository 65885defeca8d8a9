"""The state of a workflow in one word, one bar and one line of counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torc_core.model.status import ACTIVE, SETTLED, UNSUCCESSFUL, JobStatus
from torc_tui.lists.listing import Cell
from torc_tui.theme import QUIET, look_of

FAILED = frozenset({JobStatus.FAILED, JobStatus.TERMINATED})
"""Ends that nobody wished for."""
_NEXT = frozenset({JobStatus.UNINITIALIZED, JobStatus.READY, JobStatus.PENDING_FAILED})
"""From here a job goes on without another one."""
_BROKEN = UNSUCCESSFUL | {JobStatus.PENDING_FAILED}

_BAR: tuple[tuple[str, str, Collection[JobStatus]], ...] = (
    ("█", "green", (JobStatus.COMPLETED,)),
    ("▓", "yellow", (JobStatus.RUNNING,)),
    ("░", "blue", (JobStatus.PENDING,)),
    ("x", "red", _BROKEN),
)
"""The parts of a bar from the left; what is left over waits."""

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
"""The order of counts: where the line ends early, what went wrong is still on it."""


def count(counts: Mapping[str, int], statuses: Collection[JobStatus]) -> int:
    """Return how many jobs are in one of `statuses`."""
    return sum(counts.get(status, 0) for status in statuses)


def state_of(counts: Mapping[str, int], *, is_canceled: bool = False) -> str:
    """Return the state of a workflow with these jobs, one of `theme.WORKFLOW_LOOK`.

    A list does not say which workflows are canceled: then it is told by jobs that were canceled
    while none failed and none can go on.
    """
    has_ended = count(counts, SETTLED) == sum(counts.values())
    has_failed = count(counts, FAILED)
    goes_on = count(counts, _NEXT)
    words = (
        ("empty", not any(counts.values())),
        ("canceled", is_canceled),
        ("running", count(counts, ACTIVE)),
        ("failed", has_ended and has_failed),
        ("canceled", counts.get(JobStatus.CANCELED) and not has_failed and not goes_on),
        ("done", has_ended),
        ("new", counts.get(JobStatus.UNINITIALIZED)),
        ("ready", True),
    )
    return next(word for word, holds in words if holds)


def percent(counts: Mapping[str, int]) -> int:
    """Return how much has ended, in percent; 100 only when nothing is left."""
    total = sum(counts.values())
    return 100 * count(counts, SETTLED) // total if total else 0


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


def tally(counts: Mapping[str, int]) -> list[Cell]:
    """Return "✓ 5,210 completed" and its like for every status that a job is in."""
    return [
        Cell(f"{look_of(status).glyph} {counts[status]:,} {status}  ", look_of(status).tone)
        for status in _COUNTED
        if counts.get(status)
    ]
