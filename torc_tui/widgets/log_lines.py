"""A screenful of a log."""

from __future__ import annotations

import re

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from torc_tui.state.logs.pager import LogPage, ScreenLine


class LogLines(Widget):
    """Shows a page and marks matches of a search; repaints the lines that differ."""

    DEFAULT_CSS = """
    LogLines { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: list[ScreenLine] = []
        self._left = 0
        self._needle: re.Pattern[str] | None = None

    def show(self, page: LogPage) -> None:
        """Show another page."""
        before, self._lines = self._lines, page.lines
        width = self.size.width
        for y in range(max(len(before), len(self._lines))):
            if _at(before, y) != _at(self._lines, y):
                self.refresh(Region(0, y, width, 1))

    def clear(self) -> None:
        """Show nothing."""
        self._lines = []
        self._left = 0
        self.refresh()

    def mark(self, needle: str) -> None:
        """Mark what a search looks for."""
        self._needle = re.compile(re.escape(needle), re.IGNORECASE) if needle else None
        self.refresh()

    def scroll_sideways(self, steps: int) -> None:
        """Move the view by half its width to the right, or to the left up to the beginning."""
        self._show_from(max(0, self._left + steps * (self.size.width // 2)))

    def scroll_to_start(self) -> None:
        """Show lines from their first cell."""
        self._show_from(0)

    def _show_from(self, left: int) -> None:
        if left != self._left:
            self._left = left
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        base, width = self.rich_style, self.size.width
        shown = _at(self._lines, y)
        if shown is None:
            return Strip.blank(width, base)
        text = shown.text.copy()
        if self._needle is not None:
            text.highlight_regex(self._needle, "reverse")
        segments = [
            Segment(part.text, base + part.style if part.style else base)
            for part in _segments(text, self)
        ]
        return Strip(segments).crop_extend(self._left, self._left + width, base)


def _segments(text: Text, widget: Widget) -> list[Segment]:
    return [part for part in text.render(widget.app.console) if not part.control]


def _at(lines: list[ScreenLine], y: int) -> ScreenLine | None:
    return lines[y] if y < len(lines) else None
