"""Sequences for the terminal around tmux or GNU screen, if the interface runs in one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_PIECE = 240
"""GNU screen takes 256 bytes of a string for the terminal that is around it."""


def is_in_tmux(environ: Mapping[str, str]) -> bool:
    """Return whether tmux is next to the interface."""
    return bool(environ.get("TMUX"))


def is_in_screen(environ: Mapping[str, str]) -> bool:
    """Return whether GNU screen is; tmux has its name in TERM, too."""
    return environ.get("TERM", "").startswith("screen") and not is_in_tmux(environ)


def through_tmux(code: str) -> str:
    """Wrap a sequence for tmux, which hands it on if `allow-passthrough` is on."""
    return "\x1bPtmux;" + code.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def through_screen(code: str) -> str:
    """Wrap a sequence for GNU screen, which hands on pieces of a limited length."""
    return "".join(f"\x1bP{piece}\x1b\\" for piece in _pieces(code))


def _pieces(code: str) -> Iterator[str]:
    piece, size = "", 0
    for character in code:
        length = len(character.encode())
        if size + length > _PIECE:
            yield piece
            piece, size = "", 0
        piece, size = piece + character, size + length
    yield piece
