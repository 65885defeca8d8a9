"""`torc`, run to its end: in a process of its own, or in this one."""

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


def run_alone(directory: Path, *arguments: object, stdin: str = "", timeout: float = 150) -> Answer:
    """Run it in a directory."""
    command = [sys.executable, "-m", "torc_tui", *map(str, arguments)]
    return Answer(
        run_program(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=timeout,
            check=False,
        )
    )


def run_here(*arguments: object) -> Answer:
    """Run it in this process, which is ten times as fast, with no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "stdin", io.StringIO())
        code = run_command_line([str(each) for each in arguments])
    return Answer(subprocess.CompletedProcess([], code, *map(_text, (out, err))))


def _text(written: io.TextIOWrapper) -> str:
    written.seek(0)
    return written.read()
