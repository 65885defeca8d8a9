"""The themes where colors have names only: the terminal shades them, and has the background.

Which of its colors can be read depends on that background. On a dark one the bright ones can, and
of the dark ones green and cyan. On a light one red, blue and magenta can, and what cannot lies
behind black text. The tests measure that with the colors of xterm and of the Linux console. Eight
colors have no bright ones; bold makes them so, where anything does.
"""

from __future__ import annotations

from collections.abc import Mapping

from torc_tui.appearance.depth import Depth

Tones = Mapping[int, str]
"""From the number of a color to the Rich style that is sent in its place."""

BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, QUIET = range(9)

_DARK: dict[Depth, Tones] = {
    Depth.EIGHT: {
        RED: "bold red", GREEN: "green", YELLOW: "bold yellow", BLUE: "cyan",
        MAGENTA: "bold magenta", CYAN: "bold cyan", QUIET: "dim",
    },
    Depth.SIXTEEN: {
        RED: "bright_red", GREEN: "bright_green", YELLOW: "bright_yellow", BLUE: "cyan",
        MAGENTA: "bright_magenta", CYAN: "bright_cyan", QUIET: "dim",
    },
}  # fmt: skip
_LIGHT: dict[Depth, Tones] = {
    Depth.EIGHT: {
        GREEN: "black on green", YELLOW: "bold yellow on blue", CYAN: "black on cyan",
        QUIET: "dim",
    },
    Depth.SIXTEEN: {
        GREEN: "black on bright_green", YELLOW: "black on bright_yellow",
        CYAN: "black on bright_cyan", QUIET: "dim",
    },
}  # fmt: skip
_COLORBLIND: dict[Depth, Tones] = {
    # Failures are filled: that is seen with any eyes.
    Depth.EIGHT: {
        RED: "bold white on red", GREEN: "bold cyan", YELLOW: "bold yellow", BLUE: "cyan",
        MAGENTA: "bold magenta", CYAN: "bold white", QUIET: "dim",
    },
    Depth.SIXTEEN: {
        RED: "bright_white on red", GREEN: "bright_cyan", YELLOW: "bright_yellow", BLUE: "cyan",
        MAGENTA: "bright_magenta", CYAN: "bright_white", QUIET: "dim",
    },
}  # fmt: skip
_COLORBLIND_LIGHT: dict[Depth, Tones] = {
    Depth.EIGHT: {
        RED: "bold white on red", GREEN: "blue", YELLOW: "bold yellow on blue",
        BLUE: "black on cyan", CYAN: "bold blue", QUIET: "dim",
    },
    Depth.SIXTEEN: {
        RED: "bright_white on red", GREEN: "blue", YELLOW: "black on bright_yellow",
        BLUE: "black on bright_cyan", CYAN: "bold blue", QUIET: "dim",
    },
}  # fmt: skip


def _undimmed(tones: dict[Depth, Tones]) -> dict[Depth, Tones]:
    return {depth: {**each, QUIET: "default"} for depth, each in tones.items()}


NAMED: Mapping[str, Mapping[Depth, Tones]] = {
    "dark": _DARK,
    "light": _LIGHT,
    "high-contrast": _undimmed(_DARK),
    "high-contrast-light": _undimmed(_LIGHT),
    "colorblind": _COLORBLIND,
    "colorblind-light": _COLORBLIND_LIGHT,
}
"""By the name of the theme."""
