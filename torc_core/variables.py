"""Environment variables that users give to the processes of their jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torc_core.errors import UsageError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
MAX_BYTES = 131_071
"""Linux starts no process with a longer one.

Source: execve(2), MAX_ARG_STRLEN: 32 pages of 4,096 bytes, the final NUL included.
"""


def fault_of(name: str, value: str) -> str | None:
    """Return what is wrong with a variable, None if it can be given to a process."""
    if not _NAME.fullmatch(name):
        return f"{name[:80]!r} cannot be the name of a variable; use letters, digits and _"
    if "\0" in value:
        return f"the value of {name[:80]} contains a NUL character"
    if len(name) + 1 + len(value.encode(errors="replace")) > MAX_BYTES:
        return f"{name[:80]} and its value are longer than {MAX_BYTES:,} bytes"
    return None


def check_variables(variables: Mapping[str, str] | None) -> None:
    """Make sure that all variables can be given to a process.

    Raises:
        UsageError: One cannot; the message says which, and why.
    """
    for name, value in (variables or {}).items():
        if fault := fault_of(name, value):
            raise UsageError(
                f"In the environment {fault}.",
                hint="A name begins with a letter or _; put long values into files.",
                field="env",
            )
