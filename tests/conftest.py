"""What every test stands on: a private state directory and a real server on loopback."""

from __future__ import annotations

import gc
import itertools
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from postgresql import Postgres
from serving import ServerProcess, serving

from torc_core.client import TorcClient

_homes = itertools.count()
TESTS = Path(__file__).parent
LONG = frozenset({"campaigns", "clients", "distribution", "docs", "e2e", "reliability", "web"})
"""Folders of tests that take long, so that none of them is left when all others are over."""

# The suite tries the same examples each time, so that it fails for a change and not by chance;
# HYPOTHESIS_PROFILE=explore tries new ones. Machines of many tests at once are slow.
# Explaining a failure traces every line, which takes minutes where rules and SQL are tried.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_xdist_auto_num_workers() -> int:
    """Let `-n auto` be two processes for each core: tests mostly wait for what they started."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of the rules and those of the shared server run on PostgreSQL."""
    parser.addoption("--on", choices=["sqlite", "postgresql"], default="sqlite")


def pytest_sessionstart() -> None:
    """Look for no garbage among the millions of objects that collected tests are."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not among those."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let what lasts begin first, and what waits for Slurm run beside what computes.

    The processes of pytest-xdist are given chunks of tests in this order.
    """
    folders = {item: item.path.relative_to(TESTS).parts[0] for item in items}
    items.sort(key=lambda item: folders[item] not in LONG)
    waiting = [item for item in items if folders[item] == "slurm"]
    others = [item for item in items if folders[item] != "slurm"]
    size = config.getoption("maxschedchunk", None) or len(items) or 1
    chunks = zip_longest(*(batched(each, size) for each in (waiting, others)), fillvalue=())
    items[:] = [item for both in chunks for chunk in both for item in chunk]


def batched(items: Sequence[pytest.Item], size: int) -> Iterator[Sequence[pytest.Item]]:
    """Yield lists of so many items."""
    return (items[start : start + size] for start in range(0, len(items), size))


@pytest.fixture(autouse=True)
def _private_environment(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Keep the settings and state of the user who runs the tests out of them, and theirs in."""
    if "tmp_path" in request.fixturenames:
        home: Path = request.getfixturevalue("tmp_path")
    else:  # making a directory takes longer than most tests
        home = tmp_path_factory.getbasetemp() / f"home{next(_homes)}"
    for name in list(os.environ):
        if re.match(r"TORC_|SLURM_|SSH_|DATABASE_URL|RUST_LOG", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("USER", "tester")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of this process; each makes databases of its own."""
    with Postgres() as running:
        yield running


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ServerProcess]:
    """One server for all tests of this process; each makes workflows of its own."""
    address = None
    if request.config.getoption("--on") == "postgresql":
        address = request.getfixturevalue("postgres").create()
    with serving(tmp_path_factory.mktemp("server"), address) as running:
        yield running


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Start servers of a test's own, to kill and start again as it likes."""
    started: list[ServerProcess] = []

    def make(*arguments: str, database: Path | None = None, **how: Any) -> ServerProcess:
        path = database or tmp_path / f"own{len(started)}.db"
        running = ServerProcess(path, *arguments, **how)
        started.append(running)
        running.start()
        return running

    yield make
    for running in started:
        if running.process is not None:
            running.kill()


@pytest.fixture
def client(server: ServerProcess) -> Iterator[TorcClient]:
    """A client of the shared server."""
    connected = server.client()
    yield connected
    connected.close()


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Paris."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
