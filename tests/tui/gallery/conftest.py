"""The server whose workflows are shown, and the time that it is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from serving import ServerProcess
from tui.gallery import world


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The server whose workflows are shown, in the directory in which they were made."""
    folder = Path(tempfile.mkdtemp(prefix="torc-"))  # its path always has the same length
    clock = tmp_path_factory.mktemp("clock") / "clock"
    clock.touch()
    program = str(Path(__file__).parent / "at_a_moment.py"), str(clock)
    server = ServerProcess(folder / "torc.db", program=program)
    before = Path.cwd()
    try:
        os.chdir(folder)
        os.utime(clock, (world.BEGIN, world.BEGIN))
        server.start()
        world.make(server.client(), clock)
        os.chdir(before)
        yield server
    finally:
        os.chdir(before)
        if server.process is not None:
            server.kill()
        shutil.rmtree(folder)


@pytest.fixture
def then(monkeypatch, tmp_path):
    """It is the time of the pictures, and there is no Slurm."""
    monkeypatch.setenv("PATH", str(tmp_path))
    world.freeze(monkeypatch)
