"""The server whose workflows are shown, and the time that it is there."""

from __future__ import annotations

import pytest
from tui.gallery import world
from tui.gallery.showing import showing


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The server whose workflows are shown, in the directory in which they were made."""
    with showing(tmp_path_factory.mktemp("clock") / "clock") as server:
        yield server


@pytest.fixture
def then(monkeypatch, tmp_path):
    """It is the time of the pictures, and there is no Slurm."""
    world.be_there(monkeypatch, tmp_path)
