"""Long messages in a terminal: no word and no command is broken."""

from __future__ import annotations

import pytest

from torc_tui.cli.output.wrapping import wrapped

LEFT = "Nothing was left to run. To run again what did not complete: torc workflows resume 7"
MISSING = (
    "Provide them, then: torc run w.yaml -o 'my logs'. To continue without them, add --skip-checks."
)


@pytest.mark.parametrize(
    ("line", "width", "lines"),
    [
        ("short", 80, ["short"]),
        ("exactly ten", 11, ["exactly ten"]),
        ("one two three", 8, ["one two", "three"]),
        (
            LEFT,
            80,
            [
                "Nothing was left to run. To run again what did not complete:",
                "torc workflows resume 7",
            ],
        ),
        (
            MISSING,
            40,
            [
                "Provide them, then:",
                "torc run w.yaml -o 'my logs'. To",
                "continue without them, add",
                "--skip-checks.",
            ],
        ),
        (
            "failed: a, exit code 1; its output: torc jobs logs 3",
            30,
            ["failed: a, exit code 1; its", "output: torc jobs logs 3"],
        ),
        ("torc has started a server.", 12, ["torc has", "started a", "server."]),
        ("Follow it with `torc tui --url x`.", 20, ["Follow it with", "`torc tui --url x`."]),
        ("  - indented and long", 12, ["  - indented", "  and long"]),
        ("see /a/path/that/is/long/and-hyphened", 12, ["see", "/a/path/that/is/long/and-hyphened"]),
        ("Go on: torc recover 7 --retry-unknown", 10, ["Go on:", "torc recover 7 --retry-unknown"]),
    ],
)
def test_a_line_is_broken_between_words_and_not_within_a_command(line, width, lines):
    assert wrapped(line, width).split("\n") == lines
