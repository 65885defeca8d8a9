"""A job in one line: how it ended or why it waits, and what it said last."""

from __future__ import annotations

from rich.cells import cell_len

from torc_core.client import TorcClient
from torc_core.diagnosis.words import fault_in
from torc_core.model.ids import JobId
from torc_core.model.status import FAILURES
from torc_core.operations.jobs.logs import JobLog, find_log
from torc_core.operations.repair.log_ends import telling_line_of
from torc_core.operations.repair.reasons import read_short_why
from torc_tui.lists.cells import status_cell
from torc_tui.state.logs.files.local import source_of
from torc_tui.state.logs.preview import tail
from torc_tui.state.logs.terminal_line import shown_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_LEAST_SAID = 12
"""Fewer cells of what a job said last say nothing."""


def glance_cells(client: TorcClient, job_id: JobId, width: int) -> list[Cell]:
    """Return a line about a job: its name, its status, the reason for it, its last words.

    Args:
        client: The server.
        job_id: The job.
        width: Cells of the line.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    job, why = read_short_why(client, job_id)
    status = status_cell(job.status)
    tries = f", attempt {job.attempt_id}" if job.attempt_id > 1 else ""
    cells = [
        Cell(" ── ", QUIET),
        Cell(clean(job.name), "bold"),
        Cell(f"  {status.text}{tries}", status.tone),
    ]
    if why:
        cells.append(Cell(f"  {clean(why)}"))
    room = width - sum(cell_len(cell.text) for cell in cells) - len("  ")
    if room >= _LEAST_SAID:
        said = _last_words(find_log(client, job), is_failed=job.status in FAILURES)
        cells += [Cell(f"  {said}", QUIET)] if said else []
    return cells


def _last_words(log: JobLog, *, is_failed: bool) -> str:
    """Return the line of a log that tells why the job failed, else its last one."""
    if is_failed:
        line = telling_line_of(log) or ""
        return "" if fault_in(line) else shown_text(line).plain.strip()  # the reason says that
    lines = (line for stream in log.streams for line in tail(source_of(stream.path), 1))
    return next(lines, "").strip()
