"""The walks of every key, with a server of the reference: right, or it is said what that lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from reference.test_interface import wrong_in
from tui.gallery import world
from tui.gallery.key_walks import WALKS, Row, Walk
from tui.gallery.showing import showing
from tui.gallery.walking import walk_through

from torc_core.host.embedded_server import stop_server

_CUT = "quality-control-…"
INSTEAD = {
    "list": (Row("next_failed", "does not count the jobs of the workflows", before="1 g"),),
    "two panes": (Row("view.narrow_list", gone=_CUT), Row("view.widen_list", _CUT)),
}
"""By the name of the walk, rows of keys that show something else than with a server of ours."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What `tui.gallery` shows, at the reduced server."""
    program = Path(__file__).parent / "at_a_moment.py"
    with showing(tmp_path_factory.mktemp("clock") / "clock", program) as server:
        yield server


@pytest.fixture
def _no_server_is_left():
    yield
    stop_server()


def at_the_reference(walk: Walk) -> Walk:
    """Return a walk with the rows that differ there."""
    instead = {row.action: row for row in INSTEAD.get(walk.name, ())}
    return walk._replace(rows=tuple(instead.get(row.action, row) for row in walk.rows))


@pytest.mark.usefixtures("_no_server_is_left")
@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
async def test_every_key_is_right_or_says_what_is_lacking(shown, monkeypatch, tmp_path, walk):
    monkeypatch.chdir(shown.database.parent)
    world.be_there(monkeypatch, tmp_path)
    found = {}

    def look(row: Row, seen: str) -> None:
        # There is one workflow without jobs, of which none are counted.
        if "▸ notes #" not in seen and (wrong := wrong_in(seen)):
            found[row.action] = wrong

    await walk_through(shown.url, at_the_reference(walk), look)

    assert found == {}
