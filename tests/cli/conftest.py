"""The ways in which tests run `torc`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from cli.running import Torc, run_alone, run_here


@pytest.fixture
def torc_alone(tmp_path: Path) -> Torc:
    """Run `torc` in a directory of the test's own, with no server named."""
    return partial(run_alone, tmp_path)


@pytest.fixture
def torc(torc_alone: Torc, server, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` against the shared server."""
    monkeypatch.setenv("TORC_API_URL", server.url)
    return torc_alone


@pytest.fixture
def torc_here(server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` in this process, against the shared server."""
    monkeypatch.setenv("TORC_API_URL", server.url)
    monkeypatch.chdir(tmp_path)
    return run_here
