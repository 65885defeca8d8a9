"""The interface as a process of its own, and a server with a workflow of a million jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import ServerProcess, serving
from tui.limits.large_database import FEW, MANY, make_database
from tui.pty_screen import PtyScreen

TORC = Path(sys.executable).with_name("torc")
TESTS = Path(__file__).parents[2]

Starter = Callable[..., PtyScreen]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start `torc tui` as a user does: nothing is forked that has imported it before."""
    started: list[PtyScreen] = []

    def start_one(url: str, columns: int = 80, rows: int = 24, **environ: str) -> PtyScreen:
        environ = {
            "PYTHONPATH": f"{TESTS.parent}:{TESTS}",
            "PYTHONDONTWRITEBYTECODE": "",
            **environ,
        }
        argv = [str(TORC), "--url", url, "tui"]
        started.append(PtyScreen(argv, columns=columns, rows=rows, environ=environ, cwd=tmp_path))
        return started[-1]

    yield start_one
    for screen in started:
        screen.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the workflows `few`, the first, and `many`."""
    place = tmp_path_factory.mktemp("large")
    make_database(place / "torc.db", {"few": FEW, "many": MANY})
    with serving(place) as running:
        yield running
    (place / "torc.db").unlink()
