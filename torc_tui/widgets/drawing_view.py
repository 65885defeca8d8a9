"""A drawing of any size, partly visible."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.state.graph.drawn import Drawing
from torc_tui.state.moves import moved
from torc_tui.theme import tone_style


class DrawingView(ScrollView, can_focus=True):
    """Shows lines of cells, drawn once, and scrolls both ways."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.DRAWING)
    DEFAULT_CSS = """
    DrawingView { padding: 0 1; scrollbar-size: 1 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._drawing = Drawing([], 0)

    def show(self, drawing: Drawing) -> None:
        """Show another drawing; only lines that differ are repainted.

        The first one is shown where it begins.
        """
        before, self._drawing = self._drawing, drawing
        if (len(before.lines), before.width) != (len(drawing.lines), drawing.width):
            self.virtual_size = Size(drawing.width, len(drawing.lines))
            if not before.lines:
                self.call_after_refresh(self._show_root)
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before.lines, drawing.lines, strict=True)):
            if old != new:
                self.refresh_line(y)

    def _show_root(self) -> None:
        top = self._drawing.root - self.size.height // 2
        # Its scroll bar may not be there yet, without which Textual would not scroll.
        self.scroll_to(x=0, y=max(0, top), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Return one line of what is seen."""
        left, top = self.scroll_offset
        base, width = self.rich_style, self.size.width
        at = top + y
        cells = self._drawing.lines[at] if at < len(self._drawing.lines) else []
        strip = Strip([Segment(text, base + tone_style(tone)) for text, tone in cells])
        return strip.crop_extend(left, left + width, base)

    def action_move(self, where: str) -> None:
        """Scroll up, down, page_up, page_down, top or bottom."""
        top, last = self.scroll_offset.y, self.virtual_size.height
        self.scroll_to(y=moved(where, top, self.size.height, last), animate=False)
