"""The terminal that a page of torc-dash draws: its size and its colors. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Self

from torc_core.errors import UsageError

MOST_COLUMNS = 1000
MOST_ROWS = 500
_FORM = re.compile(r"(?P<columns>[1-9]\d{0,3})x(?P<rows>[1-9]\d{0,3})-(?P<shade>dark|light)")
_OF_ANOTHER = ("COLORFGBG", "SSH_CONNECTION", "SSH_TTY", "STY", "TERM_PROGRAM")
"""Variables of the terminal in which torc-dash was started."""


class Page(NamedTuple):
    """What a page says of its terminal."""

    columns: int
    rows: int
    is_dark: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what an argument says.

        Raises:
            UsageError: It says something else.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise UsageError(f"{text!r} is not the size and shade of a page, like 80x24-dark.")
        return cls.within(
            int(found["columns"]), int(found["rows"]), is_dark=found["shade"] == "dark"
        )

    @classmethod
    def within(cls, columns: int, rows: int, *, is_dark: bool) -> Self:
        """Return a page of this size, or of the nearest one that can be drawn."""
        return cls(min(max(columns, 1), MOST_COLUMNS), min(max(rows, 1), MOST_ROWS), is_dark)

    @property
    def argument(self) -> str:
        """The same as an argument."""
        return f"{self.columns}x{self.rows}-{'dark' if self.is_dark else 'light'}"

    def terminal(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment as it would be in this terminal."""
        kept = {name: value for name, value in environ.items() if name not in _OF_ANOTHER}
        return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
