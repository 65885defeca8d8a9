"""A job at a glance: facts, and the tail of its output."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from torc_core.client import TorcClient
from torc_core.model.ids import JobId
from torc_tui.state.logs.logpaths import find_logs
from torc_tui.state.texts import facts_text, job_text
from torc_tui.terminal import clean_colored
from torc_tui.theme import QUIET, Cell

_FACT_LINES = 5
_READ = 16_384
"""Bytes that are read from the end of a log."""


def preview_text(client: TorcClient, job_id: JobId, width: int, height: int) -> list[Cell]:
    """Return facts about a job, then the last lines of its output, in `height` lines.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    job, facts = job_text(client, job_id)
    lines = facts_text(facts, width)[: min(_FACT_LINES, height)]
    streams = find_logs(client, job).streams
    for left, (_, path) in zip(range(len(streams), 0, -1), streams, strict=True):
        room = (height - len(lines)) // left - 1
        tail = _tail(path, room) if room > 0 else []
        if tail:
            lines.append([Cell(f"── {path.name} ", QUIET)])
            lines += [[Cell(line[:width])] for line in tail]
    cells = [cell for line in lines[:height] for cell in (*line, Cell("\n"))]
    return cells[:-1]


def _tail(path: Path, count: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _READ))
            text = file.read(_READ).decode("utf-8", "replace")
    except OSError:
        return []
    return [_plain(line) for line in text.split("\n")[-count - 1 :] if line][-count:]


def _plain(line: str) -> str:
    """Return a line of a log without its colors."""
    shown = line.rstrip("\r").rpartition("\r")[2].expandtabs()
    return Text.from_ansi(clean_colored(shown)).plain
