"""Groups of jobs with their bars, as lines of the summary and of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from torc_core.model.status import ACTIVE, FAILURES, SETTLED, JobStatus
from torc_core.operations.facts import count
from torc_core.operations.progress.groups import GroupProgress, Overview, throughput
from torc_core.units import counted
from torc_tui.lists.sparkline import sparkline
from torc_tui.state.column_widths import fill
from torc_tui.state.head.progress import bar
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell, look_of

SUMMARY_ROWS = 3
_COLUMN_GAP = 3
_LEAST_COLUMN = 46
_LEAST_BAR, _BAR = 8, 20
_BUCKETS, _BUCKET_S = 20, 60.0
_COUNTED = (
    (JobStatus.RUNNING, (JobStatus.RUNNING,)),
    (JobStatus.FAILED, FAILURES),
    (JobStatus.CANCELED, (JobStatus.CANCELED,)),
)
_DONE = (JobStatus.COMPLETED, JobStatus.DISABLED)


def summary_lines(overview: Overview | None, width: int) -> list[list[Cell]]:
    """Return bars of the groups in columns, and below them how many jobs end per minute."""
    if overview is None or overview.graph.is_partial or len(overview.graph.groups) < 2:
        return []
    columns = max(1, (width + _COLUMN_GAP) // (_LEAST_COLUMN + _COLUMN_GAP))
    room = (width + _COLUMN_GAP) // columns - _COLUMN_GAP
    shown = _most_telling(overview.progress, columns * SUMMARY_ROWS)
    names = [clean(overview.graph.groups[at].name) for at in shown]
    name_width = min(max(map(cell_len, names)), room // 3)
    done_width = max(len(_done(overview.progress[at].counts)) for at in shown)
    tails = [_tail(overview.progress[at], done_width) for at in shown]
    longest = max(sum(cell_len(cell.text) for cell in tail) for tail in tails)
    bar_width = max(_LEAST_BAR, min(_BAR, room - name_width - 2 - longest))
    lines: list[list[Cell]] = [[] for _ in range(min(SUMMARY_ROWS, len(shown)))]
    for number, (at, name, tail) in enumerate(zip(shown, names, tails, strict=True)):
        line = lines[number % SUMMARY_ROWS]
        if line:
            line.append(Cell(" " * _COLUMN_GAP))
        head = Cell(fill(name, name_width) + " [")
        line += _padded([head, *bar(overview.progress[at].counts, bar_width), *tail], room)
    return [*lines, _rate_line(overview, _hidden(overview.progress, shown))]


def _most_telling(progress: Sequence[GroupProgress], most: int) -> list[int]:
    """Return the groups that are shown, in their order.

    Those with failures come before those that run, and what is over is left out first.
    """

    def rank(at: int) -> tuple[bool, bool, bool, int]:
        counts = progress[at].counts
        is_over = count(counts, SETTLED) == sum(counts.values())
        return not count(counts, FAILURES), not count(counts, ACTIVE), is_over, at

    return sorted(sorted(range(len(progress)), key=rank)[:most])


def _hidden(progress: Sequence[GroupProgress], shown: Sequence[int]) -> list[Cell]:
    """Return how many groups are not shown, and in how many of them jobs have failed."""
    hidden = [each for at, each in enumerate(progress) if at not in set(shown)]
    if not hidden:
        return []
    cells = [Cell(f"  {counted(len(hidden), 'more group')} in the tab DAG", QUIET)]
    if failed := sum(1 for each in hidden if count(each.counts, FAILURES)):
        cells.append(Cell(f", {failed} with failures", "red"))
    return cells


def _tail(progress: GroupProgress, done_width: int) -> list[Cell]:
    done = f"] {_done(progress.counts):>{done_width}}"
    return [Cell(done), *count_cells(progress.counts), *left_cells(progress)]


def _padded(cells: list[Cell], room: int) -> list[Cell]:
    """Return cells in exactly `room`; what does not fit is left out as a whole."""
    kept: list[Cell] = []
    for cell in cells:
        needed = cell_len(cell.text)
        if needed > room:
            break
        kept.append(cell)
        room -= needed
    return [*kept, Cell(" " * room)]


def _done(counts: Mapping[str, int]) -> str:
    return f"{count(counts, _DONE):,}/{sum(counts.values()):,}"


def done_cell(counts: Mapping[str, int], width: int) -> Cell:
    """Return how many jobs of how many have completed, at the right of `width` cells."""
    return Cell(f"{_done(counts):>{width}}")


def done_widths(progress: Sequence[GroupProgress]) -> int:
    """Return the cells that the longest of these counts needs."""
    return max((len(_done(each.counts)) for each in progress), default=0)


def count_cells(counts: Mapping[str, int]) -> list[Cell]:
    """Return how many jobs run, failed and were canceled, with glyph and letter."""
    found = []
    for status, together in _COUNTED:
        look = look_of(status)
        if number := count(counts, together):
            found.append(Cell(f"  {look.glyph}{look.letter} {number:,}", look.tone))
    return found


def left_cells(progress: GroupProgress) -> list[Cell]:
    """Return how long a group still takes, if that is known."""
    return [] if progress.left is None else [Cell(f"  {progress.left.words}", QUIET)]


def _rate_line(overview: Overview, hidden: list[Cell]) -> list[Cell]:
    states = overview.states
    per_minute = throughput(states.ended, states.now, _BUCKETS, _BUCKET_S)
    if not states.began or not any(per_minute):
        return hidden
    recent = throughput(states.ended, states.now, 1, _BUCKET_S)[0]
    return [
        Cell("jobs/min ", QUIET), Cell(sparkline(per_minute), "cyan"),
        Cell(f"  {recent} in the last minute"), *hidden,
    ]  # fmt: skip
