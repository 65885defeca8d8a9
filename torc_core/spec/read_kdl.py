"""x."""

from __future__ import annotations

from typing import Any
from torc_core.spec.problems import Marks


def read_kdl(text: str, marks: Marks | None = None) -> Any:
    """X."""
    return __import__("kdl").parse(text)
