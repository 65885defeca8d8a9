"""The last recorded state of a run, step by step."""

from __future__ import annotations

from torc_core.host.runs import Run
from torc_core.model.records.run_step import Step
from torc_tui.lists.runs import listed_text, run_line, steps_text
from torc_tui.state.texts.layout import lines_text
from torc_tui.terminal import clean
from torc_tui.theme import Cell


def run_text(run: Run, width: int) -> list[list[Cell]]:
    """Return what a run directory says of its run, for another machine than its own."""
    status = run.status
    steps = status.steps if status else []
    lines = [run_line(run), "", steps_text(run) or "No state was recorded.", ""]
    lines += [_step_line(step) for step in steps]
    if status and status.steps_left_out:
        lines.append(f"and {status.steps_left_out:,} more that have not begun or ended earlier")
    return lines_text(lines, width)


def _step_line(step: Step) -> str:
    changed = f"  {listed_text(step.changed_at)}" if step.changed_at else ""
    return f"{step.status:<11} {clean(step.name)}{changed}"
