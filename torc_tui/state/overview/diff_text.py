"""Two runs beside each other, and all runs above them, as lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from torc_core.diagnosis.words import code_words
from torc_core.model.status import JobStatus
from torc_core.moments import listed_moment, read_moment
from torc_core.operations.history.diff import (
    DURATION,
    MEMORY,
    OUTCOME,
    REQUIREMENTS,
    Attempt,
    JobDifference,
    RunsDifference,
)
from torc_core.operations.history.runs import RunSummary
from torc_core.units import format_bytes, format_seconds
from torc_tui.lists.cells import status_cell
from torc_tui.state.column_widths import fill
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell, look_of

_STATUS = 13


def history_lines(
    history: Sequence[RunSummary], chosen: tuple[int, int], now: float
) -> list[list[Cell]]:
    """Return a line for each run; the two that are compared are marked."""
    lines = []
    marks = {chosen[0]: "older ▸", chosen[1]: "newer ▸"} if len(history) > 1 else {}
    for run in history:
        mark = marks.get(run.run_id, "")
        started = read_moment(run.started_at)
        took = run.duration_s
        lines.append(
            [
                Cell(fill(mark, 8), "bold"),
                Cell(f"run {run.run_id:<4}", "bold" if mark else ""),
                Cell(fill("" if started is None else listed_moment(started, now), 16), QUIET),
                Cell(fill("" if took is None else format_seconds(took), 10)),
                *_counted(run.completed, JobStatus.COMPLETED),
                *_counted(run.failed, JobStatus.FAILED),
                *_counted(run.canceled, JobStatus.CANCELED),
                *([Cell("goes on", look_of(JobStatus.RUNNING).tone)] if run.is_live else []),
            ]
        )
    return lines


def _counted(number: int, status: JobStatus) -> list[Cell]:
    look = look_of(status)
    return [Cell(f"{look.glyph} {number:,} {status}  ", look.tone)] if number else []


def difference_lines(found: RunsDifference, width: int) -> list[list[Cell]]:
    """Return what was found, and a line for each job that differs."""
    name = min(max((len(clean(each.job_name)) for each in found.jobs), default=0), width // 3)
    return [_job_line(each, name) for each in found.jobs]


def _job_line(each: JobDifference, name_width: int) -> list[Cell]:
    older, newer = each.older, each.newer
    before, after = status_cell(older.status), status_cell(newer.status)
    cells = [Cell(fill(f"{each.job_id}", 7) + fill(clean(each.job_name), name_width) + "  ")]
    if OUTCOME in each.changed:
        cells += [
            Cell(fill(before.text, _STATUS), before.tone),
            Cell("→ ", QUIET),
            Cell(fill(after.text, _STATUS), after.tone),
        ]
    else:
        cells.append(Cell(fill(after.text, 2 * _STATUS + 2), after.tone))
    if DURATION in each.changed:
        cells.append(Cell(f"  {_took(older)} → {_took(newer)}"))
    if MEMORY in each.changed:
        cells.append(Cell(f"  {_size(older)} → {_size(newer)}"))
    if REQUIREMENTS in each.changed:
        cells.append(Cell("  other requirements", QUIET))
    if newer.return_code and OUTCOME in each.changed:
        cells.append(Cell(f"  exit {newer.return_code} {code_words(newer.return_code)}", QUIET))
    return cells


def _took(attempt: Attempt) -> str:
    return format_seconds(max(0.0, attempt.exec_time_minutes * 60))


def _size(attempt: Attempt) -> str:
    return format_bytes(attempt.peak_memory_bytes or 0)
