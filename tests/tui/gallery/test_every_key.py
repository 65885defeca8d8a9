"""Every key does what it is said to do: those of `key_walks`, pressed one after the other."""

from __future__ import annotations

from collections import Counter

import pytest
from tui.driving import interface
from tui.gallery import world
from tui.gallery.comparing import go_to, press_words
from tui.gallery.key_walks import WALKS
from tui.gallery.screens import Shot

from torc_core.host.embedded_server import stop_server
from torc_tui.keys.table import ACTIONS


def action_of(row, walk):
    return next(each for each in ACTIONS if each.id == row.action and each.scope in walk.scopes)


def test_every_key_has_one_row():
    rows = Counter(
        (action.scope, action.id)
        for walk in WALKS
        for action in (action_of(row, walk) for row in walk.rows)
    )

    assert rows == Counter((action.scope, action.id) for action in ACTIONS)


@pytest.fixture
def _no_server_is_left():
    yield
    stop_server()


@pytest.mark.usefixtures("_no_server_is_left")
@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
async def test_keys_do_what_they_are_said_to_do(shown, then, monkeypatch, walk):
    monkeypatch.chdir(shown.database.parent)
    if walk.has_runs:
        world.make_runs()
    async with interface(shown.url, walk.size) as ui:
        await go_to(ui, Shot("", "", walk.keys, walk.workflow))
        for row in walk.rows:
            await press_words(ui, row.before)
            await ui.wait_for(lambda row=row: is_before(row, squeezed(ui)))
            had = row.changes(ui)
            await ui.press(action_of(row, walk).keys.partition(",")[0])
            await ui.wait_for(lambda row=row, had=had: is_after(row, squeezed(ui), had, ui))
            await press_words(ui, row.after)


def squeezed(ui):
    """What is seen, with single spaces."""
    return " ".join(ui.seen().split())


def is_before(row, seen):
    return not (row.seen and row.seen in seen) and row.gone in seen


def is_after(row, seen, had, ui):
    """Whether all that the row says is so; a row that says nothing never is."""
    has_changed = row.changes(ui) is not had
    if not row.seen and not row.gone:
        return has_changed
    return row.seen in seen and not (row.gone and row.gone in seen)
