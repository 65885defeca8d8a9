"""The one place where tests wait: for conditions, never for time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str, timeout_s: float = 100.0) -> T:
    """Return what `condition` returns once it is true.

    Args:
        condition: Asked again and again; once true it must stay true.
        what: What is waited for, for the message.
        timeout_s: A guard against hanging, not a measure of speed.
    """
    deadline = time.monotonic() + timeout_s
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:.0f} s in vain for {what}")
        time.sleep(0.01)
    return result
