from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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

    def run(*arguments: object, stdin: str | None = None, timeout: float = 60) -> Answer:
        command = [sys.executable, "-m", "torc_tui", *map(str, arguments)]
        return Answer(
            subprocess.run(
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
