"""A screenful of a log."""

from __future__ import annotations

import re

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from torc_tui.state.logs.pager import MARKED, LogPage, ScreenLine


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

    @property
    def text(self) -> str:
        """What is shown of the file, lines in full; parts of a wrapped line are joined."""
        texts: dict[int, str] = {}
        for line in self._lines:
            if line.text.style != MARKED:
                offset = line.position.offset
                texts[offset] = texts.get(offset, "") + line.text.plain
        return "\n".join(texts.values())

    def show(self, page: LogPage) -> None:
        """Show another page."""
        before, self._lines = self._lines, page.lines
        width = self.size.width
        for y in range(max(len(before), len(self._lines))):
            if _at(before, y) != _at(self._lines, y):
                self.refresh(Region(0, y, width, 1))

    def clear(self) -> None:
        """Show nothing."""
        if self._lines:
            self._lines = []
            self.refresh()
        self._left = 0

    def mark(self, *needles: str) -> None:
        """Mark what is looked for."""
        texts = "|".join(re.escape(needle) for needle in needles if needle)
        self._needle = re.compile(texts, re.IGNORECASE) if texts else None
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

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that was selected with the mouse."""
        return selection.extract("\n".join(line.text.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        """Show what is selected."""
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
        self._show_selection(text, y)
        segments = [
            Segment(part.text, base + part.style if part.style else base)
            for part in _segments(text, self)
        ]
        strip = Strip(segments).crop_extend(self._left, self._left + width, base)
        return strip.apply_offsets(self._left, y)

    def _show_selection(self, text: Text, y: int) -> None:
        selection = self.text_selection
        span = selection.get_span(y) if selection is not None else None
        if span is not None:
            start, end = span
            style = self.screen.get_component_rich_style("screen--selection")
            text.stylize(style, start, len(text) if end == -1 else end)


def _segments(text: Text, widget: Widget) -> list[Segment]:
    return [part for part in text.render(widget.app.console) if not part.control]


def _at(lines: list[ScreenLine], y: int) -> ScreenLine | None:
    return lines[y] if y < len(lines) else None
