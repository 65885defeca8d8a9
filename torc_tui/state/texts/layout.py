"""Texts that are read in full: the help, the details of a row, the problems of a file."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Sequence

from torc_core.errors import SpecError, TorcError
from torc_core.moments import zone_name
from torc_tui.keys.table import present_actions
from torc_tui.lists.cells import moment_cell
from torc_tui.lists.listing import Listing
from torc_tui.state.column_widths import fill
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_NAME = 12
"""Cells of a name before its value."""
_SHOWN_IDS = 40
_ended = moment_cell("completion_time")

Text = list[list[Cell]]
"""Lines of cells."""


def help_text(width: int, first: Sequence[str] = ()) -> Text:
    """Return every key binding, by group; the groups that are named come first."""
    lines: Text = []
    group = ""
    named = [action for action in present_actions() if action.group]
    order = list(dict.fromkeys([*first, *(action.group for action in named)]))
    for action in sorted(named, key=lambda action: order.index(action.group)):
        if action.group != group:
            group = action.group
            lines += [[], [Cell(group, "bold")]] if lines else [[Cell(group, "bold")]]
        help_lines = textwrap.wrap(action.help, max(10, width - _NAME))
        lines += [
            [Cell(fill("" if at else f"  {action.labels}", _NAME), "bold"), Cell(line)]
            for at, line in enumerate(help_lines)
        ]
    zone = zone_name(time.time())
    lines.append([])
    lines += _wrapped("Runs continue if you quit or lose the connection.", width, QUIET)
    lines += _wrapped(f"All times are local: {zone}.", width, QUIET)
    return lines


def error_text(error: TorcError, width: int) -> Text:
    """Return an error and what to do next, or all problems of a file."""
    lines: Text = []
    parts = error.problems if isinstance(error, SpecError) else error.message.splitlines()
    for part in parts:
        lines += _wrapped(part, width)
    return [*lines, [], *_wrapped(error.hint, width)] if error.hint else lines


def row_text(listing: Listing, item: object, width: int) -> Text:
    """Return every column of a row, in full."""
    lines: Text = []
    for column in listing.columns:
        cell = column.show(item)
        text = cell.text if column.full is None else column.full(item)
        lines += _fact(column.title, text, width, cell.tone)
    return lines


def lines_text(sentences: Iterable[str], width: int) -> Text:
    """Lay sentences out, each on lines of its own."""
    return [line for sentence in sentences for line in _wrapped(sentence, width)]


def facts_text(facts: Iterable[tuple[str, str, str]], width: int) -> Text:
    """Lay facts out: the name at the left, the value wrapped beside it."""
    lines: Text = []
    for name, value, tone in facts:
        lines += _fact(name, value, width, tone)
    return lines


def _fact(name: str, value: str, width: int, tone: str = "") -> Text:
    lines = _wrapped(value, max(10, width - _NAME), tone) or [[]]
    return [
        [Cell(fill(name if at == 0 else "", _NAME), QUIET), *line] for at, line in enumerate(lines)
    ]


def _wrapped(text: str, width: int, tone: str = "") -> Text:
    """Cut text into lines; it is cleaned here."""
    return [
        [Cell(part, tone)]
        for line in text.splitlines()
        for part in textwrap.wrap(clean(line.expandtabs()), width) or [""]
    ]
