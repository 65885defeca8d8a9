"""Columns of the list of jobs that come from their attempts, nodes and requirements."""

from __future__ import annotations

import time
from collections.abc import Callable

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import REPORTABLE, JobStatus
from torc_core.moments import listed_moment
from torc_core.operations.repair.short_why import FAILED
from torc_core.units import format_seconds
from torc_tui.lists.attempts.attempt import as_text, ended_at, result_of, seconds_of, started_at
from torc_tui.lists.attempts.names import Names
from torc_tui.lists.cells import BROKEN_TONE, NOT_KNOWN, quiet_cell
from torc_tui.lists.listing import Column
from torc_tui.lists.results import peak_cpu, peak_memory
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

RESULTS, HELD_BY = "include_latest_results", "include_held_by"
NODE_NAMES, NEEDS, REASONS = "node_names", "needs", "reasons"
"""What the source of the list is asked for by these columns."""
_WITH_RESULT = REPORTABLE - {JobStatus.CANCELED}
"""Statuses of jobs with an attempt that has ended; one may be canceled before it ran."""


def _lacks_result(job: Job) -> bool:
    """Return whether there is a result that the server does not give with the job."""
    return job.status in _WITH_RESULT and job.latest_result is None


def _lacks_start(job: Job) -> bool:
    """Return whether it started at a time that the server does not give."""
    return _lacks_result(job) or (job.status is JobStatus.RUNNING and job.start_time is None)


def _moment(
    of: Callable[[Job], float | None], is_missing: Callable[[Job], bool] = _lacks_result
) -> Callable[[Job], Cell]:
    def text(job: Job) -> str | None:
        moment = of(job)
        return None if moment is None else listed_moment(moment, time.time())

    return _attempt_cell(text, QUIET, is_missing)


def _attempt_cell(
    value: Callable[[Job], object],
    tone: str = "",
    is_missing: Callable[[Job], bool] = _lacks_result,
) -> Callable[[Job], Cell]:
    """Show what is known of an attempt; a dash for what there is, but did not come with the job."""

    def show(job: Job) -> Cell:
        text = value(job)
        if text is None:
            return NOT_KNOWN if is_missing(job) else Cell("")
        return Cell(str(text), tone)

    return show


def _from_result(value: Callable[[Result], str | None]) -> Callable[[Job], str | None]:
    def of(job: Job) -> str | None:
        result = result_of(job)
        return None if result is None else value(result)

    return of


def _duration(job: Job) -> str | None:
    seconds = seconds_of(job, time.time())
    return None if seconds is None else format_seconds(seconds)


def _exit_code(job: Job) -> int | None:
    result = result_of(job)
    return None if result is None else result.return_code


def _exit_cell(job: Job) -> Cell:
    return _attempt_cell(_exit_code, BROKEN_TONE if _exit_code(job) else QUIET)(job)


def _measured(title: str, value: Callable[[Job], object], rank: int) -> Column:
    return Column(title, value, _attempt_cell(value), is_number=True, rank=rank, asks=RESULTS)


DURATION = Column(
    "Time", _duration, _attempt_cell(_duration, is_missing=_lacks_start),
    is_number=True, min_width=5, rank=2, asks=RESULTS,
)  # fmt: skip
EXIT = Column("Exit", _exit_code, _exit_cell, is_number=True, rank=3, asks=RESULTS)
PEAK_MEMORY = _measured("Peak mem", _from_result(peak_memory), rank=5)
PEAK_CPU = _measured("Peak CPU", _from_result(peak_cpu), rank=6)
STARTED = Column(
    "Started",
    lambda job: as_text(started_at(job)),
    _moment(started_at, _lacks_start),
    rank=8,
    asks=RESULTS,
)
ENDED = Column("Ended", lambda job: as_text(ended_at(job)), _moment(ended_at), rank=9, asks=RESULTS)
PRIORITY = Column("Priority", lambda job: job.priority, sort_by="priority", is_number=True, rank=10)
ORIGIN = Column("Origin", lambda job: job.origin, quiet_cell("origin"), sort_by="origin", rank=10)
RUN = _measured("Run", _from_result(lambda result: str(result.run_id)), rank=10)


def node_column(names: Names) -> Column:
    """Return the column of the host on which a job runs, or ran."""

    def name(job: Job) -> str | None:
        host = names.node_of(job)
        return None if host is None else clean(host)

    show = _attempt_cell(name, QUIET)
    return Column("Node", names.node_of, show, max_width=20, rank=4, asks=NODE_NAMES)


def why_column(names: Names) -> Column:
    """Return the column that says why jobs failed, wait or were canceled.

    It comes only where all others fit: where it does not, a row tells it of one job.
    """

    def show(job: Job) -> Cell:
        tone = BROKEN_TONE if job.status in FAILED else QUIET
        is_missing = job.status in FAILED and _lacks_result(job)
        return NOT_KNOWN if is_missing else Cell(clean(names.why_of(job)), tone)

    return Column("Why", names.why_of, show, max_width=44, rank=7, asks=REASONS)


def needs_column(names: Names) -> Column:
    """Return the column of what a job needs, in short."""

    def show(job: Job) -> Cell:
        return Cell(clean(names.needs_of(job) or ""), QUIET)

    return Column("Needs", names.needs_of, show, max_width=32, rank=9, asks=NEEDS)
