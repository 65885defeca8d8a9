"""The server's clock. Rules get the time as an argument; only the borders read it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Return the present moment in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def timestamp(ms: int) -> str:
    """Return a moment as the reference writes it: UTC, ISO 8601 with milliseconds and Z."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
