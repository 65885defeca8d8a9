"""What may arrive at a terminal: a table of sequences, and text in which nothing is hidden."""

from __future__ import annotations

import re
from collections.abc import Collection

from torc_core.characters import HIDDEN

_NUMBER = r"(?:[1-9]\d{0,2})?"
_COLOR = r"(?:[34]8;(?:5;\d{1,3}|2;\d{1,3};\d{1,3};\d{1,3}))"
_LOOK = rf"(?:{_COLOR}|0|[1-79]|2[1-9]|[34][0-79]|9[0-7]|10[0-7]|)"

INTERFACE = {
    "modes": r"\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]",
    "what the terminal can": r"\x1b\[\?(?:2026|2048)\$p|\x1b\]11;\?\x1b\\|\x1b\[6n",
    "reports of keys": r"\x1b\[(?:>\d\d?|<)u",
    "place": rf"\x1b\[{_NUMBER}(?:;{_NUMBER})?H|\x1b\[{_NUMBER}[ABCDG]|\r\n|\r",
    "erase": rf"\x1b\[2J|\x1b\[K|\x1b\[{_NUMBER}X",
    "scroll": rf"\x1b\[(?:{_NUMBER};{_NUMBER})?r|\x1b\[{_NUMBER}[LM]",
    "look": rf"\x1b\[{_LOOK}(?:;{_LOOK})*m",
    "pointer": r"\x1b\]22;default\x07",
}
"""What the interface writes, by what it does."""
COMMAND = {
    "lines": r"\r?\n",
    "place": r"\r|\x1b\[1?A|\x1b\[2?K",
    "cursor": r"\x1b\[\?25[hl]",
    "look": rf"\x1b\[{_LOOK}(?:;{_LOOK})*m",
}
"""What commands write where their output is a terminal."""
COPY = {"clipboard": r"\x1b\]52;c;[A-Za-z0-9+/]*={0,2}\x07"}
NOTIFICATION = {
    "bell": r"\x07",
    "notification": r"\x1b\](?:9|777;notify;torc);[^\x00-\x1f\x7f-\x9f;]*\x07",
    "progress": r"\x1b\]9;4;[012];(?:100|\d\d?)\x07",
}
_LARGEST = 300
"""Of the columns and rows of the terminals in these tests."""


def strangers(output: bytes, *tables: dict[str, str]) -> Collection[str]:
    """Return what of an output is neither in a table nor text that is shown as it is."""
    text = output.decode("utf-8", "surrogateescape")
    known = re.compile("|".join(each for table in tables for each in table.values()))
    rest = known.sub(_unless_far, text)
    return {rest[max(each.start() - 20, 0) : each.end() + 40] for each in HIDDEN.finditer(rest)}


def _unless_far(sequence: re.Match[str]) -> str:
    """Drop a sequence, unless it goes beyond the screen."""
    numbers = [] if sequence[0].endswith("m") else re.findall(r"\d+", sequence[0])
    is_near = sequence[0].startswith(("\x1b[?", "\x1b]")) or all(
        int(each) <= _LARGEST for each in numbers
    )
    return "" if is_near else sequence[0]
