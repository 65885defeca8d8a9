"""The log of a Python program that uses torc."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s [%(name)s] %(message)s"
_TALKATIVE = ("httpx", "httpcore")
"""They log every request, and its address."""


def setup_logging(
    filename: str | Path | None = None,
    console_level: str = "INFO",
    file_level: str = "DEBUG",
    mode: str = "w",
) -> None:
    """Write what the program and torc log to stderr, and to a file if one is named.

    Another call replaces what the one before has set up.

    Args:
        filename: The file.
        console_level: The lowest level that stderr shows.
        file_level: The lowest level that the file gets.
        mode: `w` to begin a new file, `a` to continue the one that is there.
    """
    handlers: list[tuple[logging.Handler, str]] = [
        (logging.StreamHandler(sys.stderr), console_level)
    ]
    if filename is not None:
        handlers.append((logging.FileHandler(filename, mode, encoding="utf-8"), file_level))
    for handler, level in handlers:
        handler.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    lowest = min(handler.level for handler, _ in handlers)
    logging.basicConfig(
        level=lowest, format=_FORMAT, handlers=[handler for handler, _ in handlers], force=True
    )
