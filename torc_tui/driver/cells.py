"""Cells: a character with what combines with it, or the second half of a wide one."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import split_graphemes

from torc_tui.driver.style import Style, of_blank

Cell = tuple[str, Style]
"""A text of one or two columns and its style; the text of a second half is empty."""
Row = list[Cell | None]
"""The cells of a line; None where it is not known what is there."""

_UNCERTAIN = (range(0x1100, 0x1200), range(0x1F1E6, 0x1F200), range(0x1F3FB, 0x1F400))
"""Letters that compose Korean syllables, halves of flags, skin colors."""


@lru_cache(8192)
def cells_of(text: str, style: Style) -> tuple[tuple[Cell, ...], str]:
    """Return the cells that a text fills, and what of its start belongs to the cell before."""
    blank = (" ", of_blank(style))
    if text.isascii():
        return tuple(blank if each == " " else (each, style) for each in text), ""
    cells: list[Cell] = []
    before = ""
    for start, end, width in split_graphemes(text)[0]:
        cluster = text[start:end]
        if width == 0:
            before += cluster
        else:
            cells.append(blank if cluster == " " else (cluster, style))
            cells.extend([("", style)] * (width - 1))
    return tuple(cells), before


@lru_cache(8192)
def is_certain(text: str) -> bool:
    """Return whether all terminals agree how many columns this takes.

    They do not for sequences, such as emoji that are joined, made wide or colored.
    """
    if text.isascii():
        return True
    base, marks = text[0], text[1:]
    return (
        not any(ord(base) in each for each in _UNCERTAIN)
        and unicodedata.category(base) not in {"Cn", "Co", "Mn", "Mc", "Me", "Cf"}
        and all(unicodedata.combining(mark) for mark in marks)
    )


def has_uncertain(row: Row) -> bool:
    """Return whether it depends on the terminal where parts of this row are."""
    texts = [cell[0] for cell in row if cell is not None]
    return not "".join(texts).isascii() and not all(map(is_certain, texts))
