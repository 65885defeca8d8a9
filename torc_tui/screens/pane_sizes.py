"""The width of the list of workflows beside an open one."""

from __future__ import annotations

from textual.screen import Screen

from torc_tui.panes.workflows import WorkflowsPane

STEP = 4
"""Cells by which a key moves the border."""
ZOOMED = "-zoomed"
"""The class of a screen that shows only the pane with the focus."""
_LEAST, _LEAST_BESIDE = 24, 40
"""Cells of the list, and of what is beside it."""


def fit_list(pane: WorkflowsPane, width: int | None) -> None:
    """Make the list so wide, where it is beside another pane; None for the usual width."""
    room = list_width(width, pane.screen.size.width)
    if room is None or _has_one_pane(pane.screen):
        pane.styles.clear_rule("width")
    else:
        pane.styles.width = room


def resized(pane: WorkflowsPane, step: int) -> int | None:
    """Return the width that is one step wider or narrower; None where there is one pane only."""
    if _has_one_pane(pane.screen):
        return None
    return list_width(pane.outer_size.width + step, pane.screen.size.width)


def list_width(wanted: int | None, width: int) -> int | None:
    """Return what the list can have of a width, in cells. Pure."""
    return None if wanted is None else max(_LEAST, min(wanted, width - _LEAST_BESIDE))


def _has_one_pane(screen: Screen[object]) -> bool:
    return screen.has_class("-narrow") or screen.has_class(ZOOMED)
