from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cli.running import Torc
from operations.situations import Stage

from torc_core.client import TorcClient

StageMaker = Callable[..., Stage]


@pytest.fixture
def torc(torc_here: Torc) -> Torc:
    """Run `torc` in this process."""
    return torc_here


@pytest.fixture
def stage(client: TorcClient) -> Iterator[StageMaker]:
    """Make a workflow of two jobs, `a` and, after it, `b`, in a situation."""
    made: list[Stage] = []

    def make(situation: str = "uninitialized") -> Stage:
        made.append(Stage(client, f"jobs-{situation}"))
        getattr(made[-1], situation)()
        return made[-1]

    yield make
    known = {workflow.id for workflow in client.list_workflows().items}
    for each in made:
        if each.id in known:
            client.delete_workflow(each.id)
