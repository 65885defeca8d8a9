"""What is hidden is decided by what a character is, not by the script that it belongs to."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from torc_core.characters import HIDDEN, composed, escape_hidden, forbidden_in_name, is_shown

WRITING = frozenset(
    "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd"
    "\U000110cd"
)
"""Format characters without which words and emoji are misspelt."""
HIEROGLYPH_LAYOUT = frozenset(map(chr, range(0x13430, 0x13440)))


def test_the_hidden_characters_are_those_of_their_categories():
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    of_category = {c for c in every if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}

    assert set(filter(HIDDEN.fullmatch, every)) == of_category - WRITING - HIEROGLYPH_LAYOUT


@pytest.mark.parametrize(
    "text",
    [
        "نمی\u200cشود",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "東京\u3000大阪",
        "10.41.02\u202fPM",
        "क्\u200dष",
        "a\u0301",
        "\U0001faea",
        "\ue0b0",
    ],
)
def test_letters_of_any_script_are_shown(text):
    assert is_shown(text)


@pytest.mark.parametrize("text", ["a\nb", "\x1b[m", "\x9b", "\u202e", "\u2066", "\u2028", "\udc80"])
def test_what_commands_or_deceives_is_hidden(text):
    assert not is_shown(text)


@pytest.mark.parametrize(
    "text",
    ["می\u200cشود", "👨\u200d👩\u200d👧", "東京\u3000大阪", "10.41\u202fPM",
     "a\u00a0b", "e\u0301", "\ue0b0"],
)  # fmt: skip
def test_names_have_letters_of_any_script(text):
    assert forbidden_in_name(text) is None
    assert escape_hidden(text) == text


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\x1b[2J", "a\0", "a\x7f", "a\x9b", "a\x85b", "a\u2028b", "a\u2029b", "a\ud800",
     "a\u202eb", "a\u2066b"],
)  # fmt: skip
def test_names_have_no_controls_and_nothing_that_reorders(text):
    assert forbidden_in_name(text) is not None
    assert is_shown(escape_hidden(text))
    assert escape_hidden(text).isascii()


def test_accents_apart_and_together_are_one_name():
    assert composed("Mu\u0308ller") == composed("M\u00fcller")
    assert composed("plain") == "plain"
