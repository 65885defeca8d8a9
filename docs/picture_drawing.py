"""A screen of the interface as a picture.

Textual exports pictures of 90 KB, whose frames have gaps where the font differs. These take a
tenth, and frames and bars are lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

WIDTH, HEIGHT = 6, 12
"""The size of a character, in units of the picture."""
MARGIN = 6
SCALE = 1.5
"""Pixels per unit, where there is room."""
FONT = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
LINES = {
    "─": "m0 6h6",
    "│": "m3 0v12",
    "╭": "m3 12v-3q0-3 3-3",
    "╮": "m0 6q3 0 3 3v3",
    "╰": "m3 0v3q0 3 3 3",
    "╯": "m0 6q3 0 3-3v-3",
    "━": "m0 5h6m0 1h-6m0 1h6",
    "╍": "m0 5h2m0 1h-2m0 1h2m1-2h2m0 1h-2m0 1h2",
    "┄": "m0 6h1m1 0h1m1 0h1",
}
"""Characters that are drawn, from the top left corner of their cell."""


class Run(NamedTuple):
    """Characters of one row that look the same."""

    x: int
    y: int
    text: str
    color: str
    background: str
    is_bold: bool

    @property
    def corner(self) -> str:
        """Where it begins."""
        return f"{WIDTH * self.x} {HEIGHT * self.y}"

    @property
    def width(self) -> int:
        """How wide it is."""
        return WIDTH * cell_len(self.text)


def svg(strips: Sequence[Strip], colors: tuple[str, str], renamed: Mapping[str, str]) -> str:
    """Return a picture of what strips show.

    Args:
        strips: The lines of the screen.
        colors: Of text and background, where nothing else is said.
        renamed: Texts, and what is shown in their place.
    """
    runs = [run for y, strip in enumerate(strips) for run in _runs(y, strip, colors, renamed)]
    width = WIDTH * max(strip.cell_length for strip in strips) + 2 * MARGIN
    height = HEIGHT * len(strips) + 2 * MARGIN
    names = {color: f"c{number}" for number, color in enumerate(sorted({r.color for r in runs}))}
    fills = "".join(f".{name}{{fill:{color}}}" for color, name in names.items())
    size = f'width="{width * SCALE:.0f}" height="{height * SCALE:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">',
            f"<style>text{{font:10px {FONT};white-space:pre}}.b{{font-weight:700}}{fills}</style>",
            f'<rect width="{width}" height="{height}" rx="6" fill="{colors[1]}"/>',
            f'<g transform="translate({MARGIN} {MARGIN})">',
            *_backgrounds(runs, colors[1]),
            *_lines(runs),
            *_texts(runs, names),
            "</g></svg>\n",
        ]
    )


def _runs(
    y: int, strip: Strip, colors: tuple[str, str], renamed: Mapping[str, str]
) -> Iterator[Run]:
    x = 0
    for text, style, _ in strip.simplify():
        shown = text
        for before, after in renamed.items():
            shown = shown.replace(before, after)
        yield _run(x, y, shown, style or Style.null(), colors)
        x += cell_len(text)


def _run(x: int, y: int, text: str, style: Style, colors: tuple[str, str]) -> Run:
    color, background = map(_shown, (style.color, style.bgcolor), colors)
    if style.reverse:
        color, background = background, color
    return Run(x, y, text, color, background, bool(style.bold))


def _shown(color: Color | None, usual: str) -> str:
    return usual if color is None or color.is_default else color.get_truecolor().hex


def _backgrounds(runs: Iterable[Run], usual: str) -> Iterator[str]:
    parts: dict[str, str] = defaultdict(str)
    for run in runs:
        if run.background != usual:
            parts[run.background] += f"M{run.corner}h{run.width}v{HEIGHT}h-{run.width}z"
    for color, path in parts.items():
        yield f'<path fill="{color}" shape-rendering="crispEdges" d="{path}"/>'


def _lines(runs: Iterable[Run]) -> Iterator[str]:
    parts: dict[str, str] = defaultdict(str)
    for part in _parts(runs, are_lines=True):
        parts[part.color] += _path(part)
    for color, path in parts.items():
        yield f'<path fill="none" stroke="{color}" d="{path}"/>'


def _path(run: Run) -> str:
    if set(run.text) == {"─"}:
        return f"M{run.corner}m0 6h{run.width}"
    return "".join(
        f"M{run._replace(x=run.x + at).corner}{LINES[each]}" for at, each in enumerate(run.text)
    )


def _texts(runs: Iterable[Run], names: Mapping[str, str]) -> Iterator[str]:
    for part in _parts(runs, are_lines=False):
        name = names[part.color] + (" b" if part.is_bold else "")
        yield (
            f'<text x="{WIDTH * part.x}" y="{HEIGHT * part.y + 9}" class="{name}" '
            f'textLength="{part.width}">{escape(part.text)}</text>'
        )


def _parts(runs: Iterable[Run], *, are_lines: bool) -> Iterator[Run]:
    """Return the parts of runs that are lines, or text; blanks at both ends are left out."""
    for run in runs:
        x = run.x
        for is_line, group in groupby(run.text, LINES.__contains__):
            text = "".join(group)
            blanks = len(text) - len(text.lstrip(" "))
            if is_line is are_lines and text.strip(" "):
                yield run._replace(x=x + blanks, text=text.strip(" "))
            x += cell_len(text)
