"""How values of common types are shown: moments, statuses, ids."""

from __future__ import annotations

import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from torc_core.clock import utc_text
from torc_core.moments import listed_moment, read_moment
from torc_tui.lists.listing import Column
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell, look_of

BROKEN_TONE = look_of("failed").tone

NOT_KNOWN = Cell("-", QUIET)
"""What stands for what there is, but the server does not give with a list."""

ID = Column("ID", attrgetter("id"), sort_by="id", is_number=True)


def item_id(item: Any) -> int:
    """Return the id of a record; those from a server always have one."""
    return item.id or 0


def status_cell(status: str | None) -> Cell:
    """Return a job's status with its glyph, in its color."""
    look = look_of(status)
    return Cell(f"{look.glyph} {clean(status or 'unknown')}", look.tone)


def local_time(milliseconds: float) -> str:
    """Return a moment (milliseconds since 1970) as lists of the interface show it."""
    return listed_moment(milliseconds / 1000, time.time())


def utc_moment(milliseconds: float) -> str:
    """Return a moment (milliseconds since 1970) as times are written on the wire."""
    try:
        return utc_text(round(milliseconds))
    except (OverflowError, OSError, ValueError):
        return "?"


def moment_cell(name: str) -> Callable[[Any], Cell]:
    """Show an attribute that is an ISO 8601 moment in local time; the name may have dots."""
    attribute = attrgetter(name)

    def show(item: Any) -> Cell:
        text = str(attribute(item) or "")
        moment = read_moment(text)
        shown = clean(text) if moment is None else listed_moment(moment, time.time())
        return Cell(shown, QUIET)

    return show


def quiet_cell(name: str) -> Callable[[Any], Cell]:
    """Show an attribute in the tone of what matters less; nothing for None."""

    def show(item: Any) -> Cell:
        value = getattr(item, name)
        return Cell("" if value is None else clean(str(value)), QUIET)

    return show
