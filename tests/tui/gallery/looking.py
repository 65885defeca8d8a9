"""What is on the screen, as text and as tones, once nothing happens any more."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import chain, groupby, zip_longest

from rich.color import ColorType
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.screen import ModalScreen

from torc_tui.appearance.appearance import USUAL, Appearance
from torc_tui.appearance.depth import Depth
from torc_tui.screens.main import MainScreen

SIZES = ((60, 15), (80, 24), (120, 35), (160, 48))
CALM_S = 30.0
"""What has not changed for so long, and is not what was expected, will not be."""
NEW_CALM_S = 1.2
"""The same where nothing is expected."""
_COLORS = {
    Depth.TRUE: {ColorType.TRUECOLOR},
    Depth.SIXTEEN: {ColorType.DEFAULT, ColorType.STANDARD},
    Depth.NONE: {ColorType.DEFAULT},
}
_SIXTEEN, _NONE = Appearance(depth=Depth.SIXTEEN), Appearance(depth=Depth.NONE)
_ASCII = Appearance(depth=Depth.NONE, is_ascii=True)
"""Its colors are seen already, and changing them takes long."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GUARD_S = 100.0
_SAME = "″"
"""A line whose tones are those of the line above."""
WIDE = 100
"""From so many columns on, only a part is looked at."""


async def rest(ui):
    """Wait until the interface has shown what it has asked for."""
    deadline = time.monotonic() + _GUARD_S
    for _ in range(2):
        await ui.pilot.pause()
        while is_busy(ui):
            assert time.monotonic() < deadline, ui.seen()
            await asyncio.sleep(0.005)
    await ui.pilot.pause()


def is_busy(ui):
    """Whether what was typed, or asked for, has not been answered yet."""
    board = ui.board
    is_asked = board.requests.is_busy or board.refresher._soon_timer is not None
    return is_asked or ui.app.typed.is_busy


async def settled(see, expected):
    """Return what is seen: what is expected as soon as it is, else what stays."""
    before, since = None, time.monotonic()
    while (seen := await see()) != expected:
        now = time.monotonic()
        if seen != before:
            before, since = seen, now
        elif now - since > (CALM_S if expected else NEW_CALM_S):
            break
        await asyncio.sleep(0.02)
    return seen


def picture(ui, mask):
    """Return what is seen of the part that is looked at."""
    return mask(ui.seen(), part_of(ui))


async def tones(ui, mask, size):
    """Return what is colored how in each palette, and which characters ASCII shows instead."""
    await _appear(ui, USUAL, size)
    part, text = part_of(ui), picture(ui, mask)
    shown = [_cells(ui, part)]
    for appearance in (_SIXTEEN, _NONE):
        await _appear(ui, appearance, size)
        shown.append(_cells(ui, part))
    colorless = picture(ui, mask)
    await _appear(ui, _ASCII, size)
    lines = [*_tone_lines(shown), _plain_line(colorless, picture(ui, mask))]
    return "\n".join(lines if colorless == text else [*lines, "without color:", colorless])


async def _appear(ui, appearance, size):
    """Look like that, everywhere."""
    if appearance == ui.app._appearance:
        return
    ui.app._show_appearance(appearance)
    ui.screen.refresh(layout=True)
    ui.screen.post_message(events.Resize(Size(*size), Size(*size)))
    await rest(ui)
    await ui.wait_for(lambda: _has_only(ui, appearance))


def _has_only(ui, appearance):
    if appearance.is_ascii:
        return ui.seen().isascii()
    kinds = _COLORS[appearance.depth]
    segments = chain.from_iterable(ui.strips())
    styles = {style for _, style, _ in segments if style is not None}
    colors = {color for style in styles for color in (style.color, style.bgcolor) if color}
    return all(color.type in kinds for color in colors)


def part_of(ui):
    """Return what is looked at: all, or on wide screens only what is not elsewhere, too."""
    screen = ui.screen
    if screen.size.width < WIDE:
        return screen.size.region
    if isinstance(screen, ModalScreen):
        return screen.children[0].region
    if isinstance(screen, MainScreen) and screen.is_inside:
        return screen.opened.region
    return screen.size.region


def _cells(ui, part):
    """Return each cell of a part with its style, line by line."""
    return [
        [
            (character, Style(color=style.color, bgcolor=style.bgcolor) + _attributes(style))
            for text, style, _ in strip
            for character in text
            if style is not None
        ][part.x : part.right]
        for strip in ui.strips()[part.y : part.bottom]
    ]


def _attributes(style):
    return Style(bold=style.bold, dim=style.dim, reverse=style.reverse, underline=style.underline)


def _tone_lines(shown):
    found = {}
    drawn: list[str] = []
    above = ""
    for line in zip(*shown, strict=True):
        letters = ""
        for cells in zip(*line, strict=True):
            character = cells[0][0]
            kind = tuple(str(style) for _, style in cells)
            is_nothing = character == " " and not any(_is_seen_blank(s) for _, s in cells)
            letters += " " if is_nothing else found.setdefault(kind, _LETTERS[len(found)])
        letters = letters.rstrip()
        drawn.append(_SAME if letters and letters == above else letters)
        above = letters
    legend = [f"{letter}  {' | '.join(kind)}" for kind, letter in found.items()]
    return ["true color | 16 colors | no color", *legend, *drawn]


def _is_seen_blank(style):
    return bool(style.reverse)


def _plain_line(text, plain):
    assert plain.isascii(), plain
    cells = (
        pair
        for lines in zip(text.split("\n"), plain.split("\n"), strict=True)
        for pair in zip_longest(*lines, fillvalue=" ")
    )
    pairs = sorted({pair for pair in cells if pair[0] != pair[1]})
    return "in ASCII: " + "  ".join(
        f"{glyph} {''.join(p for _, p in same)}" for glyph, same in groupby(pairs, lambda p: p[0])
    )


def masker(port):
    """Return what hides the parts of a picture that differ from time to time."""
    places = re.compile(rf"127\.0\.0\.1:{port}|torc-[a-z0-9_]{{8}}|(?<=pid )\d+")

    def mask(text, part):
        hidden = places.sub(lambda each: re.sub(r"(?<=:|-)[a-z0-9_]+$", _zeros, each[0]), text)
        lines = hidden.splitlines()[part.y : part.bottom]
        return "\n".join(line[part.x : part.right].rstrip() for line in lines)

    return mask


def _zeros(found):
    return "0" * len(found[0])
