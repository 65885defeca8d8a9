"""A server full of hostile records, and programs in pseudo-terminals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from hostile.records import Records, fill
from serving import ServerProcess
from tui.pty_screen import PtyScreen


class Filled(NamedTuple):
    """A server, the workflow that has records of every kind, and what has made them."""

    url: str
    workflow_id: int
    records: Records


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """One for all tests of this process, none of which changes it."""
    server = ServerProcess(tmp_path_factory.mktemp("hostile") / "torc.db")
    server.start()
    try:
        with (
            httpx.Client(base_url=server.url, timeout=100) as http,
            closing(server.client()) as client,
        ):
            records = Records(http)
            yield Filled(server.url, fill(records, client), records)
    finally:
        server.kill()


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Callable[..., PtyScreen]]:
    """Start `torc` in a pseudo-terminal."""
    shown: list[PtyScreen] = []

    def start(
        *arguments: str, size: tuple[int, int] = (160, 48), cwd: Path = tmp_path, **environ: str
    ) -> PtyScreen:
        argv = [sys.executable, "-m", "torc_tui", *arguments]
        environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        screen = PtyScreen(argv, columns=size[0], rows=size[1], environ=environ, cwd=cwd)
        shown.append(screen)
        return screen

    yield start
    for screen in shown:
        screen.close()
