"""Whether the terminal's background is dark: it may say so, and most can be asked.

The question is sent before the interface is imported and the answer read afterwards, so that it
costs no time. What arrives later, or was typed meanwhile, is left to `late_answers`. Imports
nothing heavy.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

QUESTION = b"\x1b]11;?\x1b\\"
_COLOR = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[^\x07\x1b]*"
    rb"(?:\x07|\x1b\\)"
)
_DARK_NUMBERS = {*range(7), 8}
_LOCAL_MODES = 3
"""Where `termios.tcgetattr` has the modes."""


class Answer(NamedTuple):
    """What the terminal has said so far."""

    is_dark: bool | None
    """None if it has not said."""
    rest: bytes
    """What was typed meanwhile."""


def stated_background(environ: Mapping[str, str]) -> bool | None:
    """Return whether `COLORFGBG` says that the background is dark; None if it says nothing."""
    number = environ.get("COLORFGBG", "").rpartition(";")[2]
    return int(number) in _DARK_NUMBERS if number.isascii() and number.isdigit() else None


def parse_answer(data: bytes) -> Answer:
    """Return what the terminal has answered. Pure."""
    color = _COLOR.search(data)
    rest = _COLOR.sub(b"", data)
    if color is None:
        return Answer(None, rest)
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in color.groups())
    return Answer(0.299 * red + 0.587 * green + 0.114 * blue < 0.5, rest)


class BackgroundQuestion:
    """The question to a terminal, and its answer; the terminal is then as it was.

    Args:
        stdin: The terminal to read from.
        stdout: The same one to write to.
    """

    def __init__(self, stdin: int, stdout: int) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._before: list[Any] = []

    def __enter__(self) -> Self:
        """Ask, unless the program is in the background, where that would stop it."""
        with contextlib.suppress(OSError, termios.error):
            if not _is_stopped_by(self._stdin):
                before = termios.tcgetattr(self._stdin)
                silent = [*before]
                silent[_LOCAL_MODES] = before[_LOCAL_MODES] & ~(termios.ICANON | termios.ECHO)
                termios.tcsetattr(self._stdin, termios.TCSANOW, silent)
                self._before = before
                os.write(self._stdout, QUESTION)
        return self

    def answer(self) -> Answer:
        """Return what has arrived, without waiting."""
        data = b""
        with contextlib.suppress(OSError):
            while self._before and select.select([self._stdin], [], [], 0)[0]:
                more = os.read(self._stdin, 4096)
                if not more:
                    break
                data += more
        return parse_answer(data)

    def __exit__(self, *_error: object) -> None:
        """Leave the terminal as it was."""
        with contextlib.suppress(OSError, termios.error):
            if self._before:
                termios.tcsetattr(self._stdin, termios.TCSANOW, self._before)


def _is_stopped_by(terminal: int) -> bool:
    """Return whether the program is in the background of a terminal, and may not change it."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # it controls this program in no way
        return False
