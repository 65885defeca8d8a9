"""How many colors a terminal shows, by what its environment says. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Depth(IntEnum):
    """Numbers of colors that need palettes of their own."""

    NONE = 0
    EIGHT = 8
    SIXTEEN = 16
    CUBE = 256
    TRUE = 1 << 24

    @property
    def is_named(self) -> bool:
        """Whether colors have names only, and the terminal decides on their shades."""
        return self <= Depth.SIXTEEN


_COLORLESS = ("dumb", "unknown", "vt")
_TRUE = ("alacritty", "contour", "foot", "xterm-ghostty", "xterm-kitty", "wezterm")
"""Terminals that have all colors; over SSH only their name arrives, and not COLORTERM."""


def depth_of(environ: Mapping[str, str]) -> Depth:
    """Return how many colors may be used. Pure."""
    term = environ.get("TERM", "").lower()
    if environ.get("NO_COLOR") or not term or term.startswith(_COLORLESS):
        return Depth.NONE
    if term.endswith(("-m", "-mono")):
        return Depth.NONE
    is_console = term.partition("-")[0] == "linux"
    # GNU screen hands on the COLORTERM of the terminal outside, and not its colors.
    is_hidden = is_console or (term.startswith("screen") and "STY" in environ)
    claims_true = environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}
    if (claims_true and not is_hidden) or term.endswith("-direct") or term.startswith(_TRUE):
        return Depth.TRUE
    if term.endswith("256color"):
        return Depth.CUBE
    # What has 88 colors has its own cube of them, so only the named ones are known.
    return Depth.SIXTEEN if term.endswith(("16color", "88color", "rxvt-unicode")) else Depth.EIGHT
