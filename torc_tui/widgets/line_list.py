"""Lines that are made as they come into sight, with a cursor on one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.state.moves import moved
from torc_tui.theme import Cell
from torc_tui.widgets.row_lines import GUTTER, fitted, gutter_of, segments_of

LineMaker = Callable[[int, int], Sequence[Cell]]
"""From the number of a line and a width to the cells of the line."""


class LineList(ScrollView, can_focus=True):
    """Any number of lines; repaints those that differ."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LINES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--cursor"}
    DEFAULT_CSS = """
    LineList {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        & > .line-list--cursor { color: $block-cursor-foreground;
                                 background: $block-cursor-background; text-style: bold; }
    }
    """
    clicks: ClassVar[int] = 2
    """How many choose a line."""

    @dataclass
    class Moved(Message):
        """The cursor is on another line."""

        list: LineList

        @property
        def control(self) -> LineList:
            """The list, for selectors."""
            return self.list

    @dataclass
    class Chosen(Message):
        """A line was chosen, with the mouse or a key."""

        list: LineList
        index: int
        is_click: bool = False

        @property
        def control(self) -> LineList:
            """The list, for selectors."""
            return self.list

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._make: LineMaker = lambda _line, _width: []
        self._painted: dict[int, Sequence[Cell]] = {}
        self.total = 0
        """How many lines there are."""
        self.cursor: int | None = 0

    @property
    def has_cursor_bar(self) -> bool:
        """Whether the line under the cursor is shown as the one to which keys go."""
        return self.has_focus

    def show_lines(self, total: int, make: LineMaker) -> None:
        """Show other lines; the cursor stays where it was, or on the last line.

        Args:
            total: How many there are.
            make: Makes one of them.
        """
        before, self._make = self._painted, make
        is_other_size, self.total = total != self.total, total
        if is_other_size:
            self.virtual_size = Size(1, total)
            self.refresh()
        if self.cursor is not None:
            self.show_cursor(max(0, min(self.cursor, total - 1)))
        if not is_other_size:
            for line in self._in_sight():
                if self._cells(line) != before.get(line):
                    self.refresh_line(line)

    def show_cursor(self, cursor: int | None) -> None:
        """Put the cursor on a line, or on none, without saying so."""
        before, self.cursor = self.cursor, cursor
        sight = self._in_sight()
        if cursor is None:
            self.scroll_to(y=0, animate=False)
        elif cursor not in sight:
            top = cursor if cursor < sight.start else cursor - len(sight) + 1
            self.scroll_to(y=top, animate=False)
        for line in {before, cursor} - {None}:
            self.refresh_line(line or 0)

    def move_to(self, line: int) -> None:
        """Move the cursor to a line, or to the nearest one, and say so."""
        line = max(0, min(line, self.total - 1))
        if line != self.cursor and self.total:
            self.show_cursor(line)
            self.post_message(self.Moved(self))

    def move(self, where: str) -> None:
        """Move the cursor up, down, page_up, page_down, top or bottom; from none to the first."""
        if self.cursor is None:
            self.move_to(0)
        else:
            self.move_to(moved(where, self.cursor, len(self._in_sight()), self.total - 1))

    def action_move(self, where: str) -> None:
        """Do what a key asks for."""
        self.move(where)

    def _in_sight(self) -> range:
        top = self.scroll_offset.y
        return range(top, top + max(1, self.size.height))

    def _cells(self, line: int) -> Sequence[Cell]:
        return self._make(line, self._room - GUTTER) if line < self.total else []

    @property
    def _room(self) -> int:
        """The cells of a line: without the scroll bar, if there is one."""
        return self.scrollable_content_region.width

    def render_line(self, y: int) -> Strip:
        """Return one line of what is seen."""
        line = self.scroll_offset.y + y
        base, width = self.rich_style, self._room
        if line >= self.total:
            return Strip.blank(width, base)
        if len(self._painted) > 4 * max(1, self.size.height):
            self._painted.clear()
        cells = self._painted[line] = self._cells(line)
        is_cursor = line == self.cursor
        is_bar = is_cursor and self.has_cursor_bar
        if is_bar:
            base = self.get_component_rich_style("line-list--cursor")
        gutter = gutter_of(is_cursor, has_focus=is_bar)
        return fitted(segments_of(cells, base, gutter=gutter), width, base)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show by the cursor whether keys go here."""
        super().watch_has_focus(_has_focus)
        if self.cursor is not None:
            self.refresh_line(self.cursor)

    def on_resize(self) -> None:
        """Make lines for the new width, with the cursor in sight."""
        self._painted.clear()
        self.virtual_size = Size(1, self.total)
        if self.cursor is not None and self.cursor not in self._in_sight():
            self.scroll_to(y=self.cursor, animate=False)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line under the mouse, and choose it."""
        spot = event.get_content_offset(self)
        line = None if spot is None else self.scroll_offset.y + spot.y
        if line is not None and line < self.total:
            event.stop()
            self.move_to(line)
            if event.chain >= self.clicks:
                self.post_message(self.Chosen(self, line, is_click=True))
