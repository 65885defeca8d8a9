"""The list of the runs of this machine; they come from run directories, not from a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torc_core.host.runs import DamagedRun, Run, RunState
from torc_core.model.page import Page
from torc_core.moments import listed_moment, read_moment
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_core.units import counted
from torc_tui.lists.cells import moment_cell
from torc_tui.lists.listing import Column, Listing
from torc_tui.terminal import clean
from torc_tui.theme import Cell

_STATE_LOOK = {
    RunState.STARTING: ("◌ starting", "blue"),
    RunState.RUNNING: ("▶ running", "yellow"),
    RunState.CRASHED: ("✗ crashed", "red"),
    RunState.ELSEWHERE: ("? other host", "magenta"),
    RunState.DAMAGED: ("✗ damaged", "red"),
}
_ENDED_LOOK = {"completed": ("✓", "green"), "failed": ("✗", "red")}


def _state_cell(run: Run | DamagedRun) -> Cell:
    if run.state in _STATE_LOOK and not (isinstance(run, Run) and run.jobs_left):
        return Cell(*_STATE_LOOK[run.state])
    assert isinstance(run, Run)
    if run.jobs_left:
        return Cell(f"✗ crashed, {counted(run.jobs_left, 'job')} left running", "red")
    status = run.meta.final_status or "ended"
    glyph, tone = _ENDED_LOOK.get(status, ("-", "magenta"))
    return Cell(f"{glyph} {clean(status)}", tone)


def _steps(run: Run | DamagedRun) -> str:
    if isinstance(run, DamagedRun):
        return run.problem
    return steps_text(run)


def steps_text(run: Run) -> str:
    """Return how many steps of a run are how far, as last recorded."""
    if run.status is None:
        return ""
    summary = {name: number for name, number in run.status.summary.items() if number}
    if not summary:
        counts = run.status.counts.items()
        return "  ".join(f"{number:,} {name}" for name, number in counts if number)
    done = sum(summary.pop(name, 0) for name in ("completed", "disabled"))
    total = done + sum(summary.values())
    rest = [f"{number:,} {name}" for name, number in summary.items()]
    return ", ".join([f"{done:,} of {total:,} done", *rest])


def run_line(run: Run | DamagedRun) -> str:
    """Return what is to be known of a run before one attaches to it: a sentence or two."""
    if isinstance(run, DamagedRun):
        return f"{Path(run.directory).name}: {run.problem}"
    meta, status = run.meta, run.status
    host = meta.process.host if meta.process else "an unknown host"
    since = listed_text(meta.started_at)
    last = f", last state of {listed_text(status.updated_at)}" if status else ""
    if run.state is RunState.ELSEWHERE:
        state = f" Last state: {listed_text(status.updated_at)}." if status else ""
        return f"WARNING: started on {host}: only there it is known whether it runs.{state}"
    ended = f", ended {listed_text(meta.ended_at)}" if meta.ended_at else last
    return f"{meta.run_id} on {host} since {since}{ended}."


def listed_text(text: str | None) -> str:
    """Return a recorded moment as lists show it, or as it is if it is none."""
    moment = read_moment(text)
    return str(text) if moment is None else listed_moment(moment, time.time())


def is_over(run: Run | DamagedRun) -> bool:
    """Return whether nothing of a run is left to come back to."""
    ended = run.state in {RunState.ENDED, RunState.CRASHED, RunState.DAMAGED}
    return ended and not (isinstance(run, Run) and run.jobs_left)


def _meta(name: str, of_damaged: str = "") -> Callable[[Any], object]:
    """Return what gives a field of a run; of a damaged one another attribute, or nothing."""
    whole = attrgetter(f"meta.{name}")
    damaged = attrgetter(of_damaged) if of_damaged else lambda _: None
    return lambda run: damaged(run) if isinstance(run, DamagedRun) else whole(run)


def _process(name: str) -> Callable[[Any], object]:
    return lambda run: getattr(_meta("process")(run), name, None)


def _server(run: Run | DamagedRun) -> str | None:
    """Return what the server of a run is called; None where that is not known."""
    if isinstance(run, DamagedRun):
        return None
    name = urlsplit(run.meta.url).netloc.rpartition("@")[2]
    return "own server" if run.meta.is_embedded else name


def _started_cell(run: Run | DamagedRun) -> Cell:
    return Cell("") if isinstance(run, DamagedRun) else moment_cell("meta.started_at")(run)


def _state(run: Run | DamagedRun) -> str:
    return str(_meta("final_status")(run) or run.state)


def _all_runs() -> Page[Run | DamagedRun]:
    runs = list_runs_with_left_jobs()
    return Page(items=runs, total_count=len(runs))


_RUN = Column("Run", _meta("run_id", "name"))
_WORKFLOW = Column("ID", _meta("workflow_id"), heading="WORKFLOW", is_number=True)
_NAME = Column(
    "Workflow", _meta("workflow_name", "name"), heading="NAME", max_width=30, shrink_to=8
)
_STATE = Column("State", _state, _state_cell)
_STEPS = Column("Steps", _steps, max_width=48, shrink_to=12)
_STARTED = Column("Started", _meta("started_at"), _started_cell, min_width=14, rank=1)
_HOST = Column("Host", _process("host"), rank=2)
_PID = Column("PID", _process("pid"), is_number=True)
_SERVER = Column("Server", _server, max_width=30, shrink_to=12)
_DIRECTORY = Column("Directory", attrgetter("directory"))

RUNS = Listing(
    name="Runs",
    columns=(_WORKFLOW, _NAME, _STATE, _STEPS, _STARTED, _HOST),
    printed=(_RUN, _WORKFLOW, _NAME, _STATE, _STARTED, _HOST, _PID, _SERVER, _DIRECTORY),
    more=(_SERVER,),
    page=lambda *_, **__: _all_runs(),
    key=attrgetter("directory"),
)


def runs_listing(runs: Iterable[Run | DamagedRun]) -> Listing:
    """Return the list for some runs; it names their servers where there are several."""
    servers = {_server(run) for run in runs} - {None}
    titles = [column.title for column in RUNS.columns]
    is_mixed = len(servers) > 1
    return RUNS.arranged([*titles[:2], _SERVER.title, *titles[2:]]) if is_mixed else RUNS
