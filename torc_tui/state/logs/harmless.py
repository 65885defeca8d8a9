"""A log as it may be written to a terminal while it grows; pure.

Text, colors that hide nothing, tabs and the return to the beginning of a line stay, so that
progress looks as it was meant. Everything else that would command the terminal is dropped.
"""

from __future__ import annotations

import codecs
import re

from rich.style import Style

from torc_tui.state.logs.colors import COLORS, look_after
from torc_tui.state.logs.terminal_line import TOKENS
from torc_tui.terminal import clean

RESET = "\x1b[0m"
_KEPT = frozenset("\t\r\b")
_LONGEST_HELD = 4_096
"""Characters of a sequence that is not whole yet, such as a link; longer ones are dropped."""
_INTRODUCER = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]")


class HarmlessText:
    """Turns the bytes of a log into text for a terminal, in pieces as they come.

    A sequence that is cut between two pieces is held back, and ends with its line at the latest.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._is_colored = False
        self._style = Style.null()

    def feed(self, data: bytes) -> str:
        """Return what may be written of the next piece."""
        return self._follow(self._decoder.decode(data), is_end=False)

    def end(self) -> str:
        """Return the rest; the terminal has its own colors again."""
        rest = self._follow(self._decoder.decode(b"", final=True), is_end=True)
        reset = RESET if self._is_colored else ""
        self._is_colored, self._style = False, Style.null()
        return rest + reset

    def _follow(self, text: str, *, is_end: bool) -> str:
        lines = (self._held + text).split("\n")
        self._held = ""
        whole = [self._harmless(line) for line in lines[:-1]]
        return "\n".join([*whole, self._harmless(lines[-1], may_go_on=not is_end)])

    def _harmless(self, line: str, *, may_go_on: bool = False) -> str:
        kept = []
        for token in TOKENS.finditer(line):
            if may_go_on and token.end() == len(line) and self._hold(token[0]):
                break
            kept.append(self._kept(token))
        return "".join(kept)

    def _hold(self, sequence: str) -> bool:
        """Hold back the last token of a piece if it may be a part of a sequence."""
        if not _INTRODUCER.match(sequence) or len(sequence) > _LONGEST_HELD:
            return False
        self._held = sequence
        return True

    def _kept(self, token: re.Match[str]) -> str:
        if text := token["text"]:
            return clean(text)
        if (
            token["control"] == "m"
            and not token["between"]
            and COLORS.fullmatch(token["parameters"])
        ):
            self._style, kept = look_after(self._style, token["parameters"])
            self._is_colored |= bool(kept)
            return f"\x1b[{kept}m" if kept else ""
        single = token["single"] or ""
        return single if single in _KEPT else ""
