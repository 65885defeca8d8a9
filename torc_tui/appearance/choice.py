"""Which appearance suits this terminal and what the user has set. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.config.tui import AUTO, TuiSettings
from torc_tui.appearance.appearance import Appearance
from torc_tui.appearance.depth import Depth, depth_of

_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
"""The first one that is set says which characters the terminal shows."""


def choose_appearance(
    settings: TuiSettings, environ: Mapping[str, str], *, is_dark: bool | None, is_remote: bool
) -> Appearance:
    """Return what the interface looks like. Pure.

    Args:
        settings: What the user has set.
        environ: Of the interface, as it was before it was prepared.
        is_dark: Whether the terminal's background is; None if it has not said.
        is_remote: The terminal is at the other end of an SSH connection.
    """
    depth = depth_of(environ)
    theme = settings.theme
    if theme == AUTO:
        theme = "light" if is_dark is False else "dark"
        # Measured: a full repaint at 80x24 costs 8 KB in true color, and 4 KB with the terminal's
        # own 16 colors. On a light background these cannot be relied on.
        if is_remote and theme == "dark":
            depth = min(depth, Depth.SIXTEEN)
    is_ascii = shows_ascii_only(environ) if settings.ascii is None else settings.ascii
    return Appearance(theme, depth, is_ascii)


def shows_ascii_only(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal lacks most other characters.

    The console of Linux has few glyphs, and a locale may name an older set of characters.
    """
    if environ.get("TERM", "").partition("-")[0] == "linux":
        return True
    locale = next((value for name in _LOCALE if (value := environ.get(name))), "")
    charset = locale.partition(".")[2].partition("@")[0]
    return bool(charset) and charset.lower().replace("-", "") != "utf8"
