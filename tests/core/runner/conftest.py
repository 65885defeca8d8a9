"""Workflows for runners, on the real server, and runners on threads."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from core.runner.flows import Flow, RunnerThread
from core.runner.left_behind import Runners
from core.runner.simulated import runner_context

from torc_core.client import TorcClient
from torc_core.resources import Resources
from torc_core.runner.process.guard_client import CareRecord
from torc_core.runner.process.guards import Guards
from torc_core.runner.signals import Waker


@pytest.fixture
def make_flow(client: TorcClient, tmp_path: Path) -> Callable[..., Flow]:
    """Make workflows on the shared server."""
    return lambda **settings: Flow(client, tmp_path / "out", **settings)


@pytest.fixture
def flow(make_flow: Callable[..., Flow]) -> Flow:
    """An empty workflow on the shared server."""
    return make_flow()


@pytest.fixture
def start_runner(client: TorcClient) -> Iterator[Callable[..., RunnerThread]]:
    """Start runners on threads, and see to it that none is left."""
    started: list[RunnerThread] = []

    def start(flow: Flow, **settings: object) -> RunnerThread:
        flow.start()
        started.append(RunnerThread(flow.client, flow.options(**settings)))
        return started[-1]

    yield start
    for thread in started:
        thread.runner.stop()
        thread.runner.stop()
        thread._thread.join(100)


@pytest.fixture
def runners() -> Iterator[Runners]:
    """Start runners in processes of their own, and end all that comes of them."""
    started = Runners()
    yield started
    started.end()


@pytest.fixture
def waker():
    made = Waker()
    yield made
    made.close()


@pytest.fixture
def own_guards(waker, tmp_path):
    """Guards that nothing drives yet, of a runner of workflow 7."""
    context = runner_context(Resources(num_cpus=1, memory_bytes=2**30))
    care = CareRecord(url="http://127.0.0.1:9", token=None, is_embedded=False, options={})
    made = Guards(context, waker, care)
    made.configure(str(tmp_path), dict(os.environ))
    yield made
    made.close(is_reported=True)


@pytest.fixture
def caplog(caplog):
    """See the runner's log, even if a runner in this process has kept it to itself before."""
    logger = logging.getLogger("torc.runner")
    propagated, logger.propagate = logger.propagate, True
    yield caplog
    logger.propagate = propagated
