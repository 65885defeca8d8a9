from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forks.processes import run as run_program

from torc_tui.cli.root import run_command_line

Torc = Callable[..., "Answer"]


class Answer:
    """What a finished command said."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def torc_alone(tmp_path: Path) -> Torc:
    """Run `torc` in a directory of the test's own, with no server named."""

    def run(*arguments: object, stdin: str | None = None, timeout: float = 150) -> Answer:
        command = [sys.executable, "-m", "torc_tui", *map(str, arguments)]
        return Answer(
            run_program(
                command,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                input=stdin or "",
                timeout=timeout,
                check=False,
            )
        )

    return run


@pytest.fixture
def torc(torc_alone: Torc, server, monkeypatch: pytest.MonkeyPatch) -> Torc:
    """Run `torc` against the shared server."""
    monkeypatch.setenv("TORC_API_URL", server.url)
    return torc_alone


@pytest.fixture
def torc_here(server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Torc:
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
