"""The level in `RUST_LOG`, a filter for log lines that other programs read too. Pure."""

from __future__ import annotations

_LEVELS = {
    "off": "error",  # errors are always logged
    "error": "error",
    "warn": "warn",
    "warning": "warn",
    "info": "info",
    "debug": "debug",
    "trace": "trace",
}
_OURS = "torc"


def general_level(rust_log: str) -> str | None:
    """Return the level that a filter such as `torc::server::auth=debug,info` asks of torc.

    That is the one without a target. If all have targets, it is that of the shortest one within
    torc: it lets through what was asked for, and more. Without either, the filter is not for torc.
    """
    levels: dict[str, str] = {}
    for directive in rust_log.lower().split(","):
        target, separator, name = directive.strip().rpartition("=")
        level = _LEVELS.get(name.strip())
        if level is not None and (not separator or target.strip().startswith(_OURS)):
            levels[target.strip()] = level
    return levels[min(levels, key=len)] if levels else None
