"""Processes as a guard starts them, run to their end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torc_core.runner.guard.children import spawn


class Outcome(NamedTuple):
    """All that anyone sees of a process."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def run(
    argv: list[str],
    environment: Mapping[str, str],
    folder: Path = Path(),
    **options: Any,
) -> Outcome:
    """Run a process with its output in a folder."""
    stdout, stderr = folder / "o", folder / "e"
    pid = spawn(argv, environment, stdout=str(stdout), stderr=str(stderr), mode=0o600, **options)
    _, status = os.waitpid(pid, 0)
    return Outcome(os.waitstatus_to_exitcode(status), stdout.read_bytes(), stderr.read_bytes())
