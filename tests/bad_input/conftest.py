from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bad_input.forks import Ended, run
from serving import ServerProcess, serving

Torc = Callable[..., Ended]

MAX_MIB = 256
MAX_SECONDS = 5
"""Of CPU time. On a quiet machine the worst one takes a second, and most a hundredth of that."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for these tests alone: its records change by nothing else."""
    with serving(tmp_path_factory.mktemp("bad-input")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The current directory of commands."""
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.fixture
def torc_alone(folder: Path) -> Torc:
    """Run `torc` in the folder, with no server named."""

    def run_within_bounds(*arguments: object, **how: Any) -> Ended:
        ended = run(*arguments, folder=folder, **how)
        assert ended.peak_mib < MAX_MIB, ended
        assert ended.seconds < MAX_SECONDS, ended
        assert "Traceback" not in ended.err, ended.err
        return ended

    return run_within_bounds


@pytest.fixture
def torc(torc_alone: Torc, server, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` in the folder against the shared server."""
    monkeypatch.setenv("TORC_API_URL", server.url)
    return torc_alone


@pytest.fixture
def unchanged(server) -> Iterator[None]:
    """Check that the server has the same records in the end, of all kinds."""
    before = _records(server.database)
    yield
    assert _records(server.database) == before


def _records(database: Path) -> dict[str, tuple[int, int]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        names = [
            name
            for (name,) in opened.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {
            name: opened.execute(f'SELECT count(*), total(id) FROM "{name}"').fetchone()
            if _has_id(opened, name)
            else opened.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            for name in names
        }


def _has_id(opened: sqlite3.Connection, table: str) -> bool:
    return any(row[1] == "id" for row in opened.execute(f'PRAGMA table_info("{table}")'))


@pytest.fixture
def data() -> Path:
    return Path(__file__).parents[1] / "data"
