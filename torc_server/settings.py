"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one server process, complete and checked."""

    database: Path
    """The SQLite file; made with mode 0600 when it is not there."""
    host: str = "127.0.0.1"
    port: int = 8080
    """0 lets the system choose."""
    token: str | None = None
    """When set, every request must carry it."""
    readers: int = 4
    """Connections that answer queries."""
    max_body_bytes: int = 64 * MEBIBYTE
