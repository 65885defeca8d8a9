"""Workflows to look at, and the interface in a pseudo-terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from tui.pty_screen import PtyScreen
from waiting import wait_for
from zombies import zombies_of

from torc_core.client import TorcClient
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

TuiStarter = Callable[..., PtyScreen]
WorkflowMaker = Callable[..., int]


@pytest.fixture(autouse=True)
def _no_workflows_of_other_tests(request: pytest.FixtureRequest) -> None:
    """Begin with a list in which no text of another test is seen, though the server is shared."""
    if "server" in request.fixturenames:
        client = request.getfixturevalue("client")
        for workflow in client.list_workflows(user="tester").items:
            client.delete_workflow(workflow.id)


@pytest.fixture(autouse=True)
def _no_zombies() -> Iterator[None]:
    """Whatever an interface has started in a test is waited for when it has ended."""
    before = zombies_of().keys()
    yield
    wait_for(lambda: not zombies_of().keys() - before, "the last of its processes")


@pytest.fixture
def make_workflow(client: TorcClient) -> Iterator[WorkflowMaker]:
    """Make initialized workflows; they are gone after the test, as the server is shared."""
    made: list[int] = []

    def make(name: str, jobs: int = 3, *, job_name: str = "job_{}", on: Any = client) -> int:
        workflow = on.create_workflow(Workflow(name=name, user="tester"))
        on.create_jobs(
            [
                Job(workflow_id=workflow.id, name=job_name.format(number), command=f"echo {number}")
                for number in range(jobs)
            ]
        )
        on.initialize_jobs(workflow.id)
        made.append(workflow.id)
        return int(workflow.id)

    yield make
    for number in made:
        if _exists(client, number):
            client.delete_workflow(number)


def _exists(client: TorcClient, number: int) -> bool:
    return any(workflow.id == number for workflow in client.list_workflows().items)


@pytest.fixture
def start_tui(tmp_path: Path) -> Iterator[TuiStarter]:
    """Start the interface in a pseudo-terminal of a size, with an environment."""
    started: list[PtyScreen] = []

    def start(
        url: str,
        columns: int = 80,
        rows: int = 24,
        options: Sequence[str] = (),
        **environ: str,
    ) -> PtyScreen:
        argv = [sys.executable, "-m", "torc_tui", "--url", url, "tui", *options]
        environ.setdefault("PYTHONPATH", str(Path(__file__).parents[2]))
        started.append(PtyScreen(argv, columns=columns, rows=rows, environ=environ, cwd=tmp_path))
        return started[-1]

    yield start
    for screen in started:
        if screen.process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                wait_for(partial(_has_no_zombies, screen.process.pid), "the last of its processes")
        screen.close()


def _has_no_zombies(pid: int) -> bool:
    return not zombies_of(pid)
