"""A binary file as lines of a hex dump: offset, 16 bytes, and those that are text."""

from __future__ import annotations

from torc_tui.state.logs.files.content import Content
from torc_tui.state.logs.files.logfile import LogLine

ROW = 16
_LOOKED_AT = 8_192
_HALF = ROW // 2


def is_binary(content: Content) -> bool:
    """Return whether a file begins like none of text."""
    return b"\0" in content.read(0, _LOOKED_AT)


class HexLines:
    """Rows of a hex dump.

    Args:
        content: Where the bytes come from.
    """

    def __init__(self, content: Content) -> None:
        self.content = content

    @property
    def size(self) -> int:
        """The length of the file, now."""
        return self.content.size

    def line(self, start: int) -> LogLine | None:
        """Return the row that `start` is in, or None at the end."""
        size = self.size
        if start >= size:
            return None
        start = self.line_start(start)
        data = self.content.read(start, ROW)
        digits = 8 if size <= 1 << 32 else 12
        row = f"{start:0{digits}x}  {_hex(data)}  |{_text(data)}|"
        return LogLine(start, start + len(data), row, is_rest=False)

    def line_before(self, start: int) -> LogLine | None:
        """Return the row before `start`, or None at the beginning."""
        return None if start <= 0 else self.line(start - 1)

    def line_start(self, offset: int) -> int:
        """Return the start of the row that `offset` is in."""
        return max(0, offset) // ROW * ROW


def _hex(data: bytes) -> str:
    halves = data[:_HALF].hex(" "), data[_HALF:].hex(" ")
    width = 3 * _HALF - 1
    return f"{halves[0]:<{width}}  {halves[1]:<{width}}"


def _text(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
