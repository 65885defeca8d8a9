"""Changes of a text: what is inserted, replaced and removed, and where lines begin."""

from __future__ import annotations

import re

_COMMENT_LINE = re.compile(r"[ \t]*(?:#|//)[^\n]*\n")


class Edits:
    """Changes of one text, carried out together; offsets are those of the unchanged text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._changes: list[tuple[int, int, int, str]] = []

    def insert(self, offset: int, new: str) -> None:
        """Insert a text; of several at one place the first one comes first."""
        self.replace(offset, offset, new)

    def replace(self, start: int, end: int, new: str) -> None:
        """Put a text in place of another, which no other change may overlap."""
        self._changes.append((start, end, len(self._changes), new))

    def result(self) -> str:
        """Return the changed text."""
        pieces = []
        offset = 0
        for start, end, _, new in sorted(self._changes):
            pieces += [self.text[offset:start], new]
            offset = end
        return "".join([*pieces, self.text[offset:]])

    def line_start(self, offset: int) -> int:
        """Return where the line of a character begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line ends on which something ends: behind its line feed."""
        if offset and self.text[offset - 1] == "\n":
            return offset
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1

    def gap(self, offset: int) -> str:
        """Return what stands between sections: an empty line, if the text has any.

        Args:
            offset: Where the section before ends. Behind a block of text an empty line might belong
                to the text.
        """
        return "\n" if "\n\n" in self.text and not self.text[:offset].endswith("\n") else ""

    def is_first_on_line(self, offset: int) -> bool:
        """Return whether only blanks stand before a character on its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def indentation(self, offset: int) -> str:
        """Return the blanks with which the line of a character begins."""
        line = self.text[self.line_start(offset) : offset]
        return line[: len(line) - len(line.lstrip())]

    def above_comments(self, offset: int, behind: int) -> int:
        """Return where the comments begin that stand directly above a line.

        Args:
            offset: A character of the line, the first one that is not blank.
            behind: Where the thing before ends; a comment begins after it.
        """
        start = self.line_start(offset)
        while start > 0:
            above = self.text.rfind("\n", 0, start - 1) + 1
            if above < self.line_end(behind) or not _COMMENT_LINE.fullmatch(self.text[above:start]):
                break
            start = above
        return start
