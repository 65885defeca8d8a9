"""Sequences that pass through tmux or GNU screen arrive as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc_tui.outer_terminal import is_in_screen, through_screen


@given(st.text(st.characters(exclude_characters="\x1b", exclude_categories=["Cs"]), max_size=900))
def test_screen_hands_on_every_byte_in_pieces_that_it_takes(text):
    wrapped = through_screen(text)
    pieces = wrapped.removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")

    assert "".join(pieces) == text
    assert max(len(piece.encode()) for piece in pieces) <= 256


def test_tmux_is_not_taken_for_screen():
    assert is_in_screen({"TERM": "screen.xterm-256color"})
    assert not is_in_screen({"TERM": "screen-256color", "TMUX": "/x,1,0"})
