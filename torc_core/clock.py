"""Wall-clock time in the forms of the wire. For display and records, never for deadlines."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def utc_text(moment_ms: int) -> str:
    """Return a moment as the reference writes it: UTC, ISO 8601 with milliseconds and Z."""
    text = datetime.fromtimestamp(moment_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment_ms % 1000:03d}Z"


def utc_now() -> str:
    """Return the present moment as the reference writes it."""
    return utc_text(now_ms())
