"""Pressing keys one after the other, where a row of a walk says, and looking at what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.driving import interface
from tui.gallery import world
from tui.gallery.comparing import go_to, press_words
from tui.gallery.key_walks import Row, Walk
from tui.gallery.screens import Shot

from torc_tui.keys.table import ACTIONS


def action_of(row: Row, walk: Walk) -> Any:
    return next(each for each in ACTIONS if each.id == row.action and each.scope in walk.scopes)


async def walk_through(
    url: str, walk: Walk, look: Callable[[Row, str], None] = lambda _row, _seen: None
) -> None:
    """Press the keys of a walk; each has to do what its row says.

    Args:
        url: The server.
        walk: Where, and which keys.
        look: Called with what is seen after each key.
    """
    if walk.has_runs:
        world.make_runs()
    async with interface(url, walk.size) as ui:
        await go_to(ui, Shot("", "", walk.keys, walk.workflow))
        for row in walk.rows:
            await press_words(ui, row.before)
            await ui.wait_for(lambda row=row: _is_before(row, _squeezed(ui)))
            had = row.changes(ui)
            await ui.press(action_of(row, walk).keys.partition(",")[0])
            await ui.wait_for(lambda row=row, had=had: _is_after(row, _squeezed(ui), had, ui))
            look(row, ui.seen())
            await press_words(ui, row.after)


def _squeezed(ui: Any) -> str:
    """What is seen, with single spaces."""
    return " ".join(ui.seen().split())


def _is_before(row: Row, seen: str) -> bool:
    return not (row.seen and row.seen in seen) and row.gone in seen


def _is_after(row: Row, seen: str, had: object, ui: Any) -> bool:
    """Whether all that the row says is so; a row that says nothing never is."""
    has_changed = row.changes(ui) is not had
    if not row.seen and not row.gone:
        return has_changed
    return row.seen in seen and not (row.gone and row.gone in seen)
