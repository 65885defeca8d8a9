"""torc with a server of the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cli.running import Torc, run_alone, run_here
from serving import ServerProcess

from torc_core.client import TorcClient

PROGRAM = (str(Path(__file__).with_name("server.py")),)


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of this process; each makes workflows of its own."""
    running = ServerProcess(tmp_path_factory.mktemp("reference") / "torc.db", program=PROGRAM)
    running.start()
    yield running
    if running.process is not None:
        running.kill()


@pytest.fixture
def replaceable(tmp_path: Path) -> Iterator[Callable[[bool], ServerProcess]]:
    """Start a server, of the reference or ours, in the place of the one that was there."""
    running = ServerProcess(tmp_path / "torc.db")
    ours = running.program

    def start(is_ours: bool) -> ServerProcess:
        if running.process is not None:
            running.kill()
        running.program = ours if is_ours else PROGRAM
        running.start()
        return running

    yield start
    running.kill()


@pytest.fixture
def there(reference: ServerProcess) -> Iterator[TorcClient]:
    """A client of it."""
    connected = reference.client()
    yield connected
    connected.close()


@pytest.fixture
def torc_alone(tmp_path: Path) -> Torc:
    """Run `torc` with no server named."""
    return partial(run_alone, tmp_path)


@pytest.fixture
def torc(torc_alone: Torc, reference: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` against it."""
    monkeypatch.setenv("TORC_API_URL", reference.url)
    return torc_alone


@pytest.fixture
def torc_here(reference: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` in this process, against it."""
    monkeypatch.setenv("TORC_API_URL", reference.url)
    monkeypatch.chdir(tmp_path)
    return run_here
