"""What is copied goes through the terminal in a size that it takes, and into a file."""

from __future__ import annotations

import base64
import re

import pytest

from torc_core.host.directories import state_directory
from torc_tui.clipboard import LONGEST, keep, send, sequence_for


def read(path):
    return path.read_text()


def decoded(sequence):
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    return base64.b64decode(found[1]).decode()


@pytest.mark.parametrize(
    "environ", [{}, {"TERM": "xterm"}, {"TERM": "screen-256color", "TMUX": "x"}]
)
def test_a_text_is_sent_as_it_is(environ):
    sent = sequence_for("one\ntwo é\n", environ)

    assert decoded(sent.sequence) == "one\ntwo é\n"
    assert sent.is_whole


def test_screen_hands_it_on_in_pieces_that_it_takes():
    sent = sequence_for("x" * 5000, {"TERM": "screen"})
    pieces = re.findall(r"\x1bP([^\x1b]*|\x1b\][^\x1b]*)\x1b\\", sent.sequence)

    assert decoded("".join(pieces)) == "x" * 5000
    assert max(map(len, pieces)) <= 240


@pytest.mark.parametrize(
    ("text", "kept", "lines"),
    [
        ("x" * LONGEST, "x" * LONGEST, 1),
        ("x" * (LONGEST + 1), "x" * LONGEST, 1),
        ("é" * LONGEST, "é" * (LONGEST // 2), 1),
        ("short\n" + "x" * LONGEST, "short", 1),
        ("a\n" * LONGEST, "a\n" * (LONGEST // 2 - 1) + "a", LONGEST // 2),
    ],
)
def test_of_what_is_too_long_whole_lines_are_sent(text, kept, lines):
    sent = sequence_for(text, {})

    assert decoded(sent.sequence) == kept
    assert sent.lines == lines
    assert sent.is_whole is (kept == text)
    assert len(sent.sequence) < 100_010


def test_it_is_kept_for_the_user_alone():
    path, problem = keep("all\nof it")

    assert problem == ""
    assert path.read_text() == "all\nof it"
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_kept_says_why():
    (state_directory() / "copied.txt").mkdir()
    path, problem = keep("x")

    assert path is None
    assert "directory" in problem.lower()


async def test_what_was_sent_is_told_with_its_file():
    written: list[str] = []
    told: list[str] = []

    def tell(text: str, *, instead_of: str = "") -> None:
        assert not instead_of or told.pop() == instead_of
        told.append(text)

    await send(written.append, "one\ntwo", {}, tell)

    assert written == [sequence_for("one\ntwo", {}).sequence]
    kept = state_directory() / "copied.txt"
    assert told == [f"sent 2 lines to the clipboard; all in {kept}"]
    assert read(kept) == "one\ntwo"
