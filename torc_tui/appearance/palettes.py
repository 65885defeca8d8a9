"""The colors of the themes.

Each palette keeps a contrast of 4.5 (high contrast: 7) for every text on each of its backgrounds,
and tones that stay apart; those for color blindness also as seen with each of its three kinds. The
colors of palettes for 256 colors are exact members of these, so nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torc_tui.appearance.depth import Depth


class Palette(NamedTuple):
    """Colors as `#rrggbb`."""

    is_dark: bool
    background: str
    surface: str
    """Of dialogs."""
    panel: str
    """Of the first and the last line."""
    foreground: str
    quiet: str
    """What matters less: the terminal's bright black."""
    border: str
    """Frames without the focus, and scroll bars."""
    accent: str
    """Frames with the focus."""
    cursor: str
    cursor_text: str
    red: str
    green: str
    yellow: str
    blue: str
    magenta: str
    cyan: str


_DARK = Palette(
    is_dark=True,
    background="#14171c", surface="#1b1f26", panel="#222730", foreground="#d8dee9",
    quiet="#8d97a8", border="#3b4252", accent="#6c8fc7", cursor="#34507a", cursor_text="#ffffff",
    red="#e08585", green="#8fbf7f", yellow="#d9b36c", blue="#7a9ed8", magenta="#c08fd0",
    cyan="#6cc0c0",
)  # fmt: skip
_DARK_256 = Palette(
    is_dark=True,
    background="#121212", surface="#1c1c1c", panel="#262626", foreground="#dadada",
    quiet="#949494", border="#444444", accent="#5f87af", cursor="#005f87", cursor_text="#ffffff",
    red="#ff5f5f", green="#87d787", yellow="#d7af5f", blue="#87afff", magenta="#d787d7",
    cyan="#5fd7d7",
)  # fmt: skip
_LIGHT = Palette(
    is_dark=False,
    background="#ffffff", surface="#eeeeee", panel="#e4e4e4", foreground="#1c1c1c",
    quiet="#5f5f5f", border="#b2b2b2", accent="#005faf", cursor="#005faf", cursor_text="#ffffff",
    red="#af0000", green="#005f00", yellow="#875f00", blue="#0000ff", magenta="#af0087",
    cyan="#005f87",
)  # fmt: skip
_HIGH_CONTRAST = Palette(
    is_dark=True,
    background="#000000", surface="#000000", panel="#1c1c1c", foreground="#ffffff",
    quiet="#b2b2b2", border="#b2b2b2", accent="#ffff00", cursor="#ffff00", cursor_text="#000000",
    red="#ff8787", green="#00ff00", yellow="#ffff00", blue="#87afff", magenta="#ff87ff",
    cyan="#00ffff",
)  # fmt: skip
_HIGH_CONTRAST_LIGHT = Palette(
    is_dark=False,
    background="#ffffff", surface="#ffffff", panel="#eeeeee", foreground="#000000",
    quiet="#444444", border="#444444", accent="#0000af", cursor="#0000af", cursor_text="#ffffff",
    red="#870000", green="#005f00", yellow="#5f3f00", blue="#0000d7", magenta="#870087",
    cyan="#005f5f",
)  # fmt: skip
_COLORBLIND = Palette(
    is_dark=True,
    background="#121212", surface="#1c1c1c", panel="#262626", foreground="#e4e4e4",
    quiet="#949494", border="#444444", accent="#5f87af", cursor="#005f87", cursor_text="#ffffff",
    red="#ff5f5f", green="#afafff", yellow="#ffaf00", blue="#5f87ff", magenta="#d7afd7",
    cyan="#87ffaf",
)  # fmt: skip
_COLORBLIND_LIGHT = Palette(
    is_dark=False,
    background="#ffffff", surface="#eeeeee", panel="#e4e4e4", foreground="#1c1c1c",
    quiet="#585858", border="#b2b2b2", accent="#005faf", cursor="#005faf", cursor_text="#ffffff",
    red="#5f0000", green="#0000ff", yellow="#875f00", blue="#000087", magenta="#8700d7",
    cyan="#005f87",
)  # fmt: skip

PALETTES: Mapping[str, Palette] = {
    "dark": _DARK,
    "light": _LIGHT,
    "high-contrast": _HIGH_CONTRAST,
    "high-contrast-light": _HIGH_CONTRAST_LIGHT,
    "colorblind": _COLORBLIND,
    "colorblind-light": _COLORBLIND_LIGHT,
}
"""By the name of the theme, in the order of the key that changes it."""


def palette_of(theme: str, depth: Depth) -> Palette:
    """Return the colors of a theme for a terminal with 256 colors or more."""
    return _DARK_256 if theme == "dark" and depth is Depth.CUBE else PALETTES[theme]
