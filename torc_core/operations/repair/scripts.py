"""The file of a user's own that a command starts."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.host.files.regular import open_regular
from torc_core.model.job import Job
from torc_core.operations.places import work_directories

_INTERPRETERS = frozenset(
    {"bash", "sh", "zsh", "dash", "ksh", "python", "python3", "Rscript", "julia", "perl", "ruby"}
    | {"node", "make", "source", ".", "exec", "env", "time", "nice", "srun", "mpirun", "mpiexec"}
)
_BETWEEN = ";&|()"
"""What ends one part of a command and begins the next."""
_LOOKED_AT = 8192
"""Bytes of a file by which one with text is known."""


def script_of(client: TorcClient, job: Job) -> Path | None:
    """Return the script that the command of a job starts; None if it starts none that is here.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    candidates = list(possible_scripts(job.command))
    if not candidates:
        return None
    return find_script(candidates, list(work_directories(client, job.workflow_id)))


def possible_scripts(command: str) -> Iterator[str]:
    """Yield of each part of a command the word that may be the script which it starts. Pure."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=_BETWEEN)
    lexer.whitespace_split = True
    is_found = False
    try:
        for word in lexer:
            if set(word) <= set(_BETWEEN):
                is_found = False
            elif not is_found and not _is_prefix(word):
                is_found = True
                yield word
    except ValueError:  # it ends within quotes
        return


def _is_prefix(word: str) -> bool:
    """Return whether a word comes before the script: a variable, an option, a shell."""
    is_variable = "=" in word and word.partition("=")[0].isidentifier()
    return is_variable or word.startswith("-") or word.rpartition("/")[2] in _INTERPRETERS


def find_script(candidates: Sequence[str], places: Sequence[Path]) -> Path | None:
    """Return the first of some files that is one with text, relative to the first of some places.

    Programs found on `PATH` are not scripts of the user.
    """
    for candidate in candidates:
        for place in places:
            path = place / candidate
            if _is_text(path):
                return path
    return None


def _is_text(path: Path) -> bool:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return b"\0" not in file.read(_LOOKED_AT)
    except (OSError, ValueError):
        return False
