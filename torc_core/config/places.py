"""Where in a TOML file a key is, for messages."""

from __future__ import annotations

import tomllib
from typing import Any

from torc_core.config.keys import Path


def line_of(text: str, path: Path) -> int | None:
    """Return the line of a key, or of the table that has its name; None if it is not found.

    Keys within a value, such as an inline table or a list of tables, are found at the line where
    that begins.
    """
    table: Path = ()
    depth, nearest = 0, None
    for number, line in enumerate(text.splitlines(), 1):
        names = _parse(line)
        if names is None:
            continue
        if line.lstrip().startswith("["):
            table, found = names, names
        else:
            found = (*table, *names)
        if path[: len(found)] == found and len(found) > depth:
            depth, nearest = len(found), number
    return nearest


def _parse(line: str) -> Path | None:
    """Return the names in a header, or in a key with its value or the beginning of that."""
    for text in (line, line.partition("=")[0] + "=0"):
        try:
            return _names(tomllib.loads(text)) or None
        except tomllib.TOMLDecodeError:
            continue
    return None


def _names(content: Any) -> Path:
    if isinstance(content, list):
        content = content[0] if content else None
    if not isinstance(content, dict) or not content:
        return ()
    name = next(iter(content))
    return (name, *_names(content[name]))
