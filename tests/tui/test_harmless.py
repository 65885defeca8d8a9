"""What of a growing log goes to a terminal: text and colors, and no other command."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.characters import HIDDEN
from torc_tui.state.logs.harmless import RESET, HarmlessText

COLOR = re.compile(r"\x1b\[[0-9;:]*m")
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["\x1b[31m", "\x1b[0m", "\x1b[2J", "\x1b]0;t\x07", "\x1b]8;;u\x1b\\", "\x9b5A", "\x1bc",
             "\x1b[", "\x1b", "\x1b]", "\r", "\n", "\t", "\b", "\x90q\x9c", "\x1b[?25l", "é",
             "\u202e"]
        ),
        st.text(max_size=5),
    )
).map("".join)  # fmt: skip


def shown(*pieces):
    text = HarmlessText()
    return "".join(map(text.feed, pieces)) + text.end()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain\n", "plain\n"),
        ("10%\r20%\r\n", "10%\r20%\r\n"),
        ("\x1b[1;31mred\x1b[0m\n", "\x1b[1;31mred\x1b[0m\n" + RESET),
        ("\x1b]0;title\x07\x1b[2J\x1b[5Aup\x1b[?25l\n", "up\n"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link\n"),
        ("\x1b]0;never ends\nnext\n", "\nnext\n"),
        ("\x1b[31!m\x1b[>4m\x1b[38;2;1;2;3mx\n", "\x1b[38;2;1;2;3mx\n" + RESET),
        ("\x1b[8mhidden\x1b[28m \x1b[1;8;31mtoo\n", "hidden\x1b[28m \x1b[1;31mtoo\n" + RESET),
        ("\x1b[008m\x1b[8:1ma\n", "a\n"),
        ("\x1b[31;41mred on red\n", "\x1b[31;41;39mred on red\n" + RESET),
        ("\x1b[41m\x1b[38;5;1mred\n", "\x1b[41m\x1b[38;5;1;39mred\n" + RESET),
        ("\x1b[48:2::1:2:3m\x1b[38:2:1:2:3mx\n", "\x1b[48;2;1;2;3m\x1b[38;2;1;2;3;39mx\n" + RESET),
        ("\x1b[38;5;8m\x1b[4:3m\x1b[58;5;8mgrey\n", "\x1b[38;5;8m\x1b[4mgrey\n" + RESET),
        ("a\u202eb\x7f\x00c\n", "a\ufffdbc\n"),
    ],
)
def test_colors_stay_and_commands_go(written, expected):
    assert shown(written.encode()) == expected


def test_what_is_written_is_shown_at_once():
    text = HarmlessText()

    assert text.feed(b"10%") == "10%"
    assert text.feed(b"\r20% \x1b[3") == "\r20% "
    assert text.feed(b"1mred") == "\x1b[31mred"
    assert text.feed(b"\xc3") == ""
    assert text.feed(b"\xa9") == "é"


def test_a_sequence_without_an_end_does_not_grow_forever():
    text = HarmlessText()

    assert text.feed(b"\x1b]" + b"x" * 10_000) == ""
    assert text.feed(b"y") == "y"


@given(PIECES)
def test_nothing_else_commands_the_terminal(written):
    rest = COLOR.sub("", shown(written.encode("utf-8", "surrogatepass")))

    assert not HIDDEN.search(rest.translate(dict.fromkeys(map(ord, "\r\n\t\b"))))


@given(PIECES, st.lists(st.integers(0, 100)))
def test_where_it_is_cut_makes_no_difference(written, cuts):
    data = written.encode("utf-8", "surrogatepass")
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    pieces = [data[low:high] for low, high in pairwise(places)]

    assert shown(*pieces) == shown(data)
