"""Text for terminals that show ASCII only: every character in as many cells as before."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len

_SAME_LOOK = {
    "+": "╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬✓",
    "-": "─═╌╴╶▔\u2010\u2013\u2014\u2212",
    "|": "│┃║╵╷",
    "#": "█━□",
    "=": "╍",
    "~": "┄◌…",
    ".": "·",
    "x": "✗\u00d7",
    "o": "○",
    "*": "●•",
    ">": "▶▸→↳",
    "<": "◀◂←",
    "^": "▲↑",
    "v": "▼↓",
    "u": "µ",
    " ": "▁▂▃▄▅▆▇▉▊▋▌▍▎▏",
    "'": "\u2018\u2019",
    '"': "“”",
}
_TABLE = {glyph: plain for plain, glyphs in _SAME_LOOK.items() for glyph in glyphs}
_EIGHTHS = "▁▂▃▄▅▆▇"
_LEVELS = str.maketrans(f" {_EIGHTHS}█·", " _-~=+*%#.")
"""Of a row of blocks that are as high as numbers; a single one is the end of a scroll bar."""
_LEVELS_OF = frozenset(f" {_EIGHTHS}█·")
_UNKNOWN = "?"


@lru_cache(maxsize=4096)
def in_ascii(text: str) -> str:
    """Return a text with ASCII characters only, in as many cells as the text has.

    Letters lose their accents, and what has no likeness becomes "?".
    """
    if text.isascii():
        return text
    if len(text) > 1 and set(text) <= _LEVELS_OF and not set(text).isdisjoint(_EIGHTHS):
        return text.translate(_LEVELS)
    plain = "".join(map(_plain, text))
    width = cell_len(text)
    return plain[:width].ljust(width)


def _plain(character: str) -> str:
    if character.isascii():
        return character
    if character in _TABLE:
        return _TABLE[character]
    width = cell_len(character)
    base = unicodedata.normalize("NFKD", character)[0]
    return base if width == 1 and base.isascii() and base.isprintable() else _UNKNOWN * width
