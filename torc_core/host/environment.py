"""The environment as users gave it to torc, which is the one that jobs get."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

_GIVEN = Path("/proc/self/environ")
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
"""Where the locale is `C`, Python sets LC_CTYPE to one of these for itself and for all processes
that it starts. Source: PEP 538."""
_ours: set[str] = set()


def keep_to_ourselves(names: Iterable[str]) -> None:
    """Note variables that torc has set for itself alone."""
    _ours.update(names)


def user_environment() -> dict[str, str]:
    """Return the environment without what Python and torc have set for themselves."""
    environment = {name: value for name, value in os.environ.items() if name not in _ours}
    if environment.get("LC_CTYPE") in _COERCED:
        given = _given("LC_CTYPE", environment["LC_CTYPE"])
        if given is None:
            del environment["LC_CTYPE"]
        else:
            environment["LC_CTYPE"] = given
    return environment


def _given(name: str, otherwise: str) -> str | None:
    """Return a variable with which this process was started, proc(5)."""
    with contextlib.suppress(OSError):
        for line in _GIVEN.read_bytes().split(b"\0"):
            if line.startswith(f"{name}=".encode()):
                return os.fsdecode(line.partition(b"=")[2])
        return None
    return otherwise  # not Linux
