"""A job at a glance: facts, and the tail of its output."""

from __future__ import annotations

import contextlib

from torc_core.client import TorcClient
from torc_core.model.ids import JobId
from torc_core.operations.jobs.logs import find_log
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.state.logs.files.content import Source
from torc_tui.state.logs.files.local import source_of
from torc_tui.state.logs.files.logfile import LogFile
from torc_tui.state.logs.terminal_line import shown_text
from torc_tui.state.texts.job import job_text
from torc_tui.state.texts.layout import facts_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_FACT_LINES = 5
_LINES_PER_TEXT = 8
"""How many lines are read in search of one that is not empty."""


def preview_text(
    client: TorcClient, job_id: JobId, width: int, height: int, queue: QueueLook | None = None
) -> list[Cell]:
    """Return facts about a job, then the last lines of its output, in `height` lines.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    job, facts = job_text(client, job_id, queue, is_brief=True)
    lines = facts_text(facts, width)[: min(_FACT_LINES, height)]
    streams = find_log(client, job).streams
    for left, stream in zip(range(len(streams), 0, -1), streams, strict=True):
        room = (height - len(lines)) // left - 1
        said = tail(source_of(stream.path), room) if room > 0 else []
        if said:
            lines.append([Cell(f"── {clean(stream.path.name)} ", QUIET)])
            lines += [[Cell(line[:width])] for line in said]
    cells = [cell for line in lines[:height] for cell in (*line, Cell("\n"))]
    return cells[:-1]


def tail(source: Source, count: int) -> list[str]:
    """Return up to `count` lines of the end of a log that have text; of its colors none."""
    lines: list[str] = []
    try:
        with contextlib.closing(source.open()) as content:
            file, at = LogFile(content), content.size
            for _ in range(count * _LINES_PER_TEXT):
                line = file.line_before(at)
                if line is None or len(lines) == count:
                    break
                at = line.start
                text = shown_text(line.text).plain
                if text.strip():
                    lines.append(text)
    except OSError:  # such as a directory
        return []
    return lines[::-1]
