"""The list of the runs of this machine; they come from run directories, not from a server."""

from __future__ import annotations

from operator import attrgetter

from torc_core.host.runs import Run, RunState
from torc_core.model.page import Page
from torc_core.operations.facts import counted
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_tui.lists.cells import moment_cell
from torc_tui.lists.listing import Column, Listing
from torc_tui.terminal import clean
from torc_tui.theme import Cell

_STATE_LOOK = {
    RunState.STARTING: ("◌ starting", "blue"),
    RunState.RUNNING: ("▶ running", "yellow"),
    RunState.CRASHED: ("✗ crashed", "red"),
    RunState.ELSEWHERE: ("? other host", "magenta"),
}
_ENDED_LOOK = {"completed": ("✓", "green"), "failed": ("✗", "red")}


def _state_cell(run: Run) -> Cell:
    if run.jobs_left:
        return Cell(f"✗ crashed, {counted(run.jobs_left, 'job')} left running", "red")
    if run.state in _STATE_LOOK:
        return Cell(*_STATE_LOOK[run.state])
    status = run.meta.final_status or "ended"
    glyph, tone = _ENDED_LOOK.get(status, ("-", "magenta"))
    return Cell(f"{glyph} {clean(status)}", tone)


def _jobs(run: Run) -> str:
    counts = run.status.counts if run.status else {}
    return "  ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def _all_runs() -> Page[Run]:
    runs = list_runs_with_left_jobs()
    return Page(items=runs, total_count=len(runs))


_RUN = Column("Run", attrgetter("meta.run_id"))
_WORKFLOW = Column("ID", attrgetter("meta.workflow_id"), heading="WORKFLOW", is_number=True)
_NAME = Column("Workflow", attrgetter("meta.workflow_name"), heading="NAME", max_width=30)
_STATE = Column("State", lambda run: run.meta.final_status or run.state, _state_cell)
_JOBS = Column("Outcomes", _jobs, max_width=40)
_STARTED = Column(
    "Started",
    attrgetter("meta.started_at"),
    moment_cell("meta.started_at"),
    rank=1,
)
_HOST = Column("Host", lambda run: run.meta.process.host if run.meta.process else None)
_PID = Column("PID", lambda run: run.meta.process.pid if run.meta.process else None, is_number=True)
_DIRECTORY = Column("Directory", attrgetter("directory"))

RUNS = Listing(
    name="Runs",
    columns=(_WORKFLOW, _NAME, _STATE, _JOBS, _STARTED),
    printed=(_RUN, _WORKFLOW, _NAME, _STATE, _STARTED, _HOST, _PID, _DIRECTORY),
    page=lambda *_, **__: _all_runs(),
    key=attrgetter("meta.run_id"),
)
