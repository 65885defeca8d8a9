"""A log shows what a terminal would have shown in the end."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc_core.characters import is_shown
from torc_tui.state.logs.terminal_line import shown_text

COLUMNS = 400
"""Wide enough that no line of the tests wraps."""


def seen_in_terminal(text):
    screen = pyte.Screen(COLUMNS, 3)
    pyte.Stream(screen).feed(text)
    return screen.display[0].rstrip()


SHOWN = {
    "pip": ("\r\x1b[K 50% done\r\x1b[K 100% done", " 100% done"),
    "tqdm": ("\r  0%|   | 0/2\r 50%|#  | 1/2\r100%|###| 2/2", "100%|###| 2/2"),
    "a shorter state": ("working on it\rdone", "doneing on it"),
    "erased to the end": ("progress 100%\x1b[K", "progress 100%"),
    "erased and written again": ("old text\x1b[2K\rnew", "new"),
    "erased to the left": ("abcdef\x1b[3D\x1b[1Kx", "   xef"),
    "spinner": ("|\b/\b-\b\\\b done", " done"),
    "hidden cursor": ("\x1b[?25lspinning\x1b[?25h", "spinning"),
    "link": ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
    "link ended by bell": ("\x1b]8;id=1;https://example.org\x07link\x1b]8;;\x07 text", "link text"),
    "link of 8 bits": ("\x9d8;;https://example.org\x9clink\x9d8;;\x9c", "link"),
    "title": ("\x1b]0;owned\x07text", "text"),
    "clipboard": ("\x1b]52;c;b3duZWQ=\x07text", "text"),
    "progress of the terminal": ("\x1b]9;4;1;50\x1b\\50%", "50%"),
    "gcc": (
        "\x1b[01m\x1b[Kfoo.c:1:2:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kbad",
        "foo.c:1:2: error: bad",
    ),
    "device control": ("a\x1bP+q544e\x1b\\b", "ab"),
    "application command": ("a\x1b_Gf=100;AAAA\x1b\\b", "ab"),
    "privacy message": ("a\x1b^secret\x1b\\b", "ab"),
    "status report": ("a\x1b[6nb", "ab"),
    "private modes": ("\x1b[?1049h\x1b[?2004h\x1b[>4;1mtext\x1b[?1049l", "text"),
    "character sets": ("\x1b(Btext\x1b)0", "text"),
    "keypad": ("\x1b=\x1b>text", "text"),
    "sequence of 8 bits": ("\x9b31mred\x9bm\x9b2K\rnew", "new"),
    "watch": ("\x1b[H\x1b[2Jfirst\x1b[H\x1b[Jsecond", "second"),
    "line above": ("\x1b[1A\x1b[2K\rlayer: done\x1b[1B", "layer: done"),
    "several bars": ("bar 2\x1b[A\rbar 1: 100%\x1b[B\r", "bar 1: 100%"),
    "saved cursor": ("\x1b7status\x1b8text", "textus"),
    "column": ("abc\x1b[10Gx\x1b[2Gy", "ayc      x"),
    "far right": ("\x1b[9999C\x1b[300D.", "."),
    "tab": ("a\tb", "a       b"),
    "tab over text": ("abcdefghij\r\tX", "abcdefghXj"),
    "bell": ("ding\x07 dong", "ding dong"),
    "incomplete color": ("text\x1b[31", "text"),
    "incomplete title": ("text\x1b]0;tit", "text"),
    "lone escape": ("text\x1b", "text"),
    "link cut by a color": ("\x1b]8;;http\x1b[31mred\x1b[m", "red"),
    "deleted": ("abcdef\r\x1b[2P", "cdef"),
    "blanked": ("abcdef\r\x1b[2X", "  cdef"),
    "inserted": ("abc\r\x1b[2@", "  abc"),
    "wide": ("日本\r語", "語本"),
    "half of a wide one": ("日本\r\x1b[Cx", " x本"),
    "end of a wide one": ("日本\rx", "x 本"),
    "joiner": ("نمی\u200cشود", "نمی\u200cشود"),
    "family": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ),
    "mark": ("e\u0301\b\u0301x", "x"),
    "mark at the beginning": ("\u0301x", "x"),
    "override": ("abc\u202edef", "abc\ufffddef"),
    "huge numbers": (f"\x1b[{'9' * 5000}C\x1b[{'9' * 5000}mx\x1b[{'9' * 30}Dy", f"y{' ' * 255}x"),
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_a_line_as_a_terminal_shows_it(text, shown):
    assert shown_text(text).plain.rstrip() == shown


def test_colors_belong_to_what_was_written_in_them():
    text = shown_text("\x1b[31mred\x1b[0m plain\r\x1b[1;32mR")

    styles = {text.plain[span.start : span.end]: str(span.style) for span in text.spans}
    assert text.plain == "Red plain"
    assert styles == {"R": "bold color(2)", "ed": "color(1)"}


@pytest.mark.parametrize("sequence", ["8", "0;8", "31;41", "38;5;9;48;5;9", "38:5:9;101"])
def test_no_color_hides_what_was_written(sequence):
    text = shown_text(f"\x1b[{sequence}mhidden")

    for span in text.spans:
        assert not span.style.conceal
        color, background = span.style.color, span.style.bgcolor
        assert color is None or background is None or color.number != background.number


def test_a_link_is_text_and_leads_nowhere():
    text = shown_text("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\")

    assert not any(getattr(span.style, "link", None) for span in text.spans)


FOLLOWED = st.one_of(
    st.text("abc xyz", min_size=1, max_size=6),
    st.sampled_from(["\r", "\b", "\t", "\x1b7", "\x1b8", "\x07"]),
    st.sampled_from(
        ["\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K", "\x1b[m", "\x1b[1;31m", "\x1b[?25l"]
    ),
    st.builds("\x1b[{}{}".format, st.integers(0, 6), st.sampled_from("CDG@PX")),
    st.builds("\x1b]{};{}\x07".format, st.integers(0, 9), st.text("ab;", max_size=5)),
    st.builds("\x1b]8;;{}\x1b\\".format, st.text("ab/", max_size=5)),
)


@given(st.lists(FOLLOWED, max_size=25).map("".join))
@settings(max_examples=400)
def test_any_line_is_what_a_terminal_shows(text):
    assert shown_text(text).plain.rstrip() == seen_in_terminal(text)


WIDE = st.one_of(
    st.text("a日é한", min_size=1, max_size=4),
    st.sampled_from(["e\u0301", "\r", "\x1b[K", "\x1b[2K"]),
)


@given(st.lists(WIDE, max_size=12).map("".join))
def test_wide_characters_take_two_columns(text):
    # The emulator keeps halves of wide characters, and joins marks to letters.
    if "\r" not in text.rstrip("\r"):
        assert shown_text(text).plain.rstrip().replace("e\u0301", "é") == seen_in_terminal(text)


@given(st.text(st.characters(codec=None), max_size=200))
def test_whatever_is_written_hides_nothing(text):
    assert is_shown(shown_text(text).plain)


@given(st.text("\x1b[]P\\;0123m\x07\r\bKa\x9b\x9c\x9d?@ ", max_size=200))
def test_any_mixture_of_sequences_hides_nothing(text):
    assert is_shown(shown_text(text).plain)


@pytest.mark.parametrize(
    "unit",
    ["\x1b[", "\x1b[m", "\x1b]", "\x1b]8;;", "\x9d", "\x1b[9999C", "\t", "\u0301", "\x1b[99@",
     "日\b", "\x1b[1m", "\x1b[31mx", "\x1b", "\x1b[1;", "\x1bP", "\x1b[999Px"],
)  # fmt: skip
def test_a_bomb_of_sequences_is_a_line_like_others(unit):
    text = shown_text("x" + unit * (8_192 // len(unit)))

    assert len(text.plain) < 100_000
