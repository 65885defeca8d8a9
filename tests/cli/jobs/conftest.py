from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from operations.situations import Stage

from tests.cli.conftest import Answer, Torc
from torc_core.client import TorcClient
from torc_tui.cli.root import run_command_line

StageMaker = Callable[..., Stage]


@pytest.fixture
def torc(server, tmp_path, monkeypatch) -> Torc:
    """Run `torc` in this process, which is ten times as fast, with no terminal."""
    monkeypatch.setenv("TORC_API_URL", server.url)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Answer:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            monkeypatch.context() as patch,
        ):
            patch.setattr(sys, "stdin", io.StringIO())
            code = run_command_line([str(each) for each in arguments])
        return Answer(subprocess.CompletedProcess([], code, *map(_text, (out, err))))

    return run


def _text(written: io.TextIOWrapper) -> str:
    written.seek(0)
    return written.read()


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
