"""Answers of a terminal that arrive when the interface is already there: they are not keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from torc_tui.appearance.background import parse_answer

_ANSWER = re.compile(r"\x1b\]1[01];[^\x07\x1b]*(?:\x07|\x1b\\)")
_BEGINNING = re.compile(r"\x1b\]1[01];[^\x07\x1b]*\x1b?\Z")


class BackgroundKnown(Message):
    """The terminal has said what its background is.

    Args:
        is_dark: Whether it is dark.
    """

    def __init__(self, *, is_dark: bool) -> None:
        super().__init__()
        self.is_dark = is_dark


class AnswersApart(XTermParser):
    """Takes answers out of what is typed, which Textual would take for keys."""

    typed_before = ""
    """What was typed while the question was open."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._held = ""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse what has arrived; nothing means the end of all input."""
        if not data:
            return super().feed(data)
        data, self._held = self._held + data, ""
        answers: list[Message] = []
        if "\x1b" in data:
            said = (parse_answer(answer.encode()).is_dark for answer in _ANSWER.findall(data))
            answers = [BackgroundKnown(is_dark=is_dark) for is_dark in said if is_dark is not None]
            data = _ANSWER.sub("", data)
            if begun := _BEGINNING.search(data):
                data, self._held = data[: begun.start()], begun[0]
        return [*answers, *(super().feed(data) if data else ())]

    def tick(self) -> Iterable[Message]:
        """Parse what was typed before, then what waits for the time to be up."""
        typed, type(self).typed_before = self.typed_before, ""
        if typed:
            yield from super().feed(typed)
        yield from super().tick()


def keep_answers_apart(typed_before: bytes = b"") -> None:
    """Let the driver parse in this way from now on.

    Args:
        typed_before: What was typed while the question was open; it is answered first.
    """
    # The line of the terminal was not raw yet, and made a newline of Enter.
    AnswersApart.typed_before = typed_before.decode("utf-8", "ignore").replace("\n", "\r")
    vars(linux_driver)["XTermParser"] = AnswersApart
