"""Every key does what it is said to do: those of `key_walks`, pressed one after the other."""

from __future__ import annotations

from collections import Counter

import pytest
from tui.gallery.key_walks import WALKS
from tui.gallery.walking import action_of, walk_through

from torc_core.host.embedded_server import stop_server
from torc_tui.keys.table import ACTIONS


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


@pytest.mark.usefixtures("_no_server_is_left", "then")
@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
async def test_keys_do_what_they_are_said_to_do(shown, monkeypatch, walk):
    monkeypatch.chdir(shown.database.parent)
    await walk_through(shown.url, walk)
