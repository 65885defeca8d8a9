"""An appearance in the terms of Textual: the colors of its stylesheets, and its filters."""

from __future__ import annotations

from rich.color import parse_rgb_hex
from rich.terminal_theme import TerminalTheme
from textual.filter import LineFilter
from textual.theme import Theme

from torc_tui.appearance.appearance import Appearance
from torc_tui.appearance.depth import Depth
from torc_tui.appearance.filters import AsciiOnly, Colorless, CubeColors, NamedTones
from torc_tui.appearance.named import NAMED
from torc_tui.appearance.palettes import Palette, palette_of


def textual_theme(appearance: Appearance) -> Theme:
    """Return the colors of stylesheets."""
    name, depth = f"torc-{appearance.theme}", appearance.depth
    if depth.is_named:
        return _named_theme(name, depth, is_dark=appearance.is_dark)
    return _theme(name, palette_of(appearance.theme, depth))


def terminal_theme(appearance: Appearance) -> TerminalTheme:
    """Return the shades of the terminal's 16 colors, where the theme brings its own."""
    colors = palette_of(appearance.theme, appearance.depth)
    hues = (colors.red, colors.green, colors.yellow, colors.blue, colors.magenta, colors.cyan)
    # White text is text of the theme, which on a light background is not white.
    black, white = (
        (colors.border, colors.foreground) if colors.is_dark else (colors.foreground, colors.quiet)
    )
    return TerminalTheme(
        parse_rgb_hex(colors.background[1:]),
        parse_rgb_hex(colors.foreground[1:]),
        [parse_rgb_hex(each[1:]) for each in (black, *hues, white)],
        [parse_rgb_hex(each[1:]) for each in (colors.quiet, *hues, white)],
    )


def line_filters(appearance: Appearance) -> list[LineFilter]:
    """Return what is done to lines in addition to what Textual does."""
    filters: list[LineFilter] = []
    depth = appearance.depth
    if depth is Depth.NONE:
        filters.append(Colorless())
    elif depth.is_named:
        tones = NAMED[appearance.theme][depth]
        filters.append(NamedTones(tones, has_bright=depth is Depth.SIXTEEN))
    elif depth is Depth.CUBE:
        filters.append(CubeColors())
    if appearance.is_ascii:
        filters.append(AsciiOnly())
    return filters


def _theme(name: str, colors: Palette) -> Theme:
    return Theme(
        name=name,
        primary=colors.accent,
        secondary=colors.cyan,
        accent=colors.yellow,
        foreground=colors.foreground,
        background=colors.background,
        surface=colors.surface,
        panel=colors.panel,
        success=colors.green,
        warning=colors.yellow,
        error=colors.red,
        dark=colors.is_dark,
        variables={
            "quiet": colors.quiet,
            "block-cursor-background": colors.cursor,
            "block-cursor-foreground": colors.cursor_text,
            "input-selection-background": colors.cursor,
            "input-selection-foreground": colors.cursor_text,
            "border-blurred": colors.border,
            "scrollbar": colors.border,
            "scrollbar-background": colors.background,
            "scrollbar-background-hover": colors.background,
            "scrollbar-background-active": colors.background,
        },
    )


def _named_theme(name: str, depth: Depth, *, is_dark: bool) -> Theme:
    bright_white = "ansi_white" if depth is Depth.EIGHT else "ansi_bright_white"
    cursor = ("ansi_black", "ansi_white") if is_dark else (bright_white, "ansi_blue")
    return Theme(
        name=name,
        ansi=True,
        dark=is_dark,
        primary="ansi_blue",
        secondary="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        accent="ansi_magenta",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "quiet": "ansi_bright_black",
            "ansi-background": "ansi_black" if is_dark else "ansi_white",
            "ansi-foreground": "ansi_white" if is_dark else "ansi_black",
            "block-cursor-foreground": cursor[0],
            "block-cursor-background": cursor[1],
            "input-selection-foreground": cursor[0],
            "input-selection-background": cursor[1],
            "border-blurred": "ansi_bright_black",
            "scrollbar": "ansi_blue",
            "scrollbar-hover": "ansi_blue",
            "scrollbar-active": "ansi_blue",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )
