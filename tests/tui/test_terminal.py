"""What reaches the terminal from names, commands and logs commands nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.characters import is_shown
from torc_tui.terminal import clean, prepare

PAYLOADS = {
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "status report": "\x1b[6n",
    "clear": "\x1b[2J\x1b[H",
    "device control": "\x1bP+q544e\x1b\\",
    "C1 introducer": "\x9b2J",
    "bidirectional override": "abc\u202edef\u202c",
    "isolate": "\u2066x\u2069",
    "bell and backspace": "a\x07\x08b",
    "line end in a name": "a\nb\rc",
    "lone surrogate": "a\udc80b",
    "delete": "a\x7fb",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_everything_that_commands_a_terminal_becomes_visible(payload):
    assert clean(payload).isprintable()


@given(st.text(st.characters(codec=None), max_size=200))
def test_cleaned_text_hides_nothing_and_is_as_long_as_before(text):
    cleaned = clean(text)

    assert is_shown(cleaned)
    assert len(cleaned) == len(text)


def test_text_of_any_language_stays_as_it_is():
    for text in (
        "plain",
        "naïve café",
        "日本語",
        "東京\u3000大阪",
        "نمی\u200cشود",
        "😀 👨\u200d👩\u200d👧 ok",
        "[@click=app.quit]x[/]",
    ):
        assert clean(text) == text


def test_a_remote_terminal_is_treated_gently_and_the_user_has_the_last_word():
    environ = {"SSH_CONNECTION": "1 2 3 4", "TEXTUAL_FPS": "60", "TERM": "xterm-256color"}

    prepare(environ)

    assert environ["TEXTUAL_FPS"] == "60"
    assert environ["TEXTUAL_SMOOTH_SCROLL"] == "0"
    assert environ["TEXTUAL_COLOR_SYSTEM"] == "256"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"


def test_a_terminal_of_this_machine_is_only_kept_from_moving():
    environ = {"TERM": "xterm", "COLORTERM": "truecolor"}

    prepare(environ)

    assert environ["TEXTUAL_COLOR_SYSTEM"] == "truecolor"
    assert "TEXTUAL_FPS" not in environ
