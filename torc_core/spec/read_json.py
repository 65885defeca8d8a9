"""x."""

from __future__ import annotations
import json
from typing import Any
from torc_core.spec.problems import Marks


def read_json(text: str, marks: Marks | None = None) -> Any:
    """X."""
    return json.loads(text)
