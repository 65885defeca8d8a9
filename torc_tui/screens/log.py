"""The viewer of files: a job's output, followed while it is written, or any other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from torc_core.errors import TorcError
from torc_core.units import format_bytes
from torc_tui.actions import Scope, shown_in
from torc_tui.keymap import bindings_for
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.state.logs.log_reader import MOVES, Layout, LogReader, Move
from torc_tui.state.logs.logpaths import Sources
from torc_tui.state.logs.pager import LogPage
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.log_lines import LogLines

FOLLOW_S = 0.5
"""How often a file is checked for growth; network file systems announce no changes."""


class LogScreen(Screen[None]):
    """Shows one of a group of files; they are read in a thread, so that keys wait for no disk.

    Args:
        requests: Its threads read the files.
        name: The title, until the files are found.
        find: Finds the files; called in a thread.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LOG)

    title_line = getters.query_one("#title", Line)
    place_line = getters.query_one("#place", Line)
    lines = getters.query_one(LogLines)

    def __init__(self, requests: Requests, name: str, find: Callable[[], Sources]) -> None:
        super().__init__()
        self._requests = requests
        self._slot = f"log {id(self)}"
        self._find = find
        self._sources = Sources(name, ())
        self._reader = LogReader()
        self._chosen = 0
        self._is_following = True
        self._is_wrapped = False
        self._needle = ""
        self._search_number = 0

    def compose(self) -> ComposeResult:
        """Lay out: title, lines, place, keys."""
        yield Line(id="title", classes="title")
        yield LogLines()
        yield Line(id="place")
        yield KeyHints(shown_in({Scope.LOG}))

    def on_mount(self) -> None:
        """Find the files, then show the tail of the first."""
        self._show_title()
        self.place_line.show(Cell(" looking for the file …", QUIET))
        self._find_files()
        self.set_interval(FOLLOW_S, self._follow)

    def on_unmount(self) -> None:
        """Close the file, after the page that is still being read."""
        self._requests.submit(self._reader.close, slot=self._slot)

    def on_resize(self) -> None:
        """Fill the new size."""
        self._go("bottom" if self._is_following else "stay")

    @work
    async def _find_files(self) -> None:
        try:
            self._sources = await self._requests.in_thread(self._find, slot=self._slot)
        except TorcError as error:
            self.place_line.show(_quiet(error.message))
            return
        self._show_title()
        if self._sources.remark:
            self.place_line.show(_quiet(self._sources.remark))
        self._go("bottom")

    @work
    async def _load(self, read: Callable[[Path, Layout], LogPage | None]) -> None:
        """Show the page that is read in a thread."""
        path = self._path
        if path is None:
            return
        layout = Layout(*self.lines.size, self._is_wrapped)
        try:
            page = await self._requests.in_thread(lambda: read(path, layout), slot=self._slot)
        except TorcError as error:
            self.place_line.show(_quiet(self._sources.remark or error.message))
        else:
            if page is not None:
                self._show(page)

    @property
    def _path(self) -> Path | None:
        streams = self._sources.streams
        return streams[self._chosen][1] if streams else None

    def _show_title(self) -> None:
        if not self.is_attached:
            return
        names = [
            Cell(f" {name} ", "bold" if at == self._chosen else QUIET)
            for at, (name, _) in enumerate(self._sources.streams)
        ]
        self.title_line.show(
            Cell(f" {clean(self._sources.title)} ▸"),
            *names,
            f"   follow {_on(is_on=self._is_following)}  wrap {_on(is_on=self._is_wrapped)}",
        )

    def _go(self, where: str | Move) -> None:
        """Change the place, then show what is there."""
        self._reader.move(MOVES[where] if isinstance(where, str) else where)
        self._load(self._reader.read)

    def _follow(self) -> None:
        if self._is_following and self.is_current:
            self._load(self._reader.read_growth)

    def _show(self, page: LogPage) -> None:
        self.lines.show(page)
        number = "" if page.number is None else f"line {page.number:,}   "
        end = "end   " if page.is_end else ""
        missing = "" if page.found else f"no match for {clean(self._needle)}   "
        self.place_line.show(
            Cell(f" {number}{end}{format_bytes(page.size)}   ", QUIET),
            Cell(missing, "yellow"),
            Cell(clean(str(self._path)), QUIET),
        )

    def _set_following(self, *, is_following: bool) -> None:
        self._is_following = is_following
        self._show_title()

    def action_move(self, where: str) -> None:
        """Move; moving away from the end stops following it."""
        self._set_following(is_following=where == "bottom")
        self._go(where)

    def action_log_left(self) -> None:
        """Scroll to the left; wrapped lines have nothing there."""
        if not self._is_wrapped:
            self.lines.scroll_sideways(-1)

    def action_log_right(self) -> None:
        """Scroll to the right; wrapped lines have nothing there."""
        if not self._is_wrapped:
            self.lines.scroll_sideways(1)

    def action_log_follow(self) -> None:
        """Start or stop following the end."""
        self.action_move("stay" if self._is_following else "bottom")

    def action_log_switch(self) -> None:
        """Show the tail of the next file."""
        self._chosen = (self._chosen + 1) % max(1, len(self._sources.streams))
        self.lines.clear()
        self.action_move("bottom")

    def action_log_wrap(self) -> None:
        """Wrap or cut long lines."""
        self._is_wrapped = not self._is_wrapped
        self.lines.scroll_to_start()
        self._show_title()
        self._go("bottom" if self._is_following else "stay")

    def action_log_path(self) -> None:
        """Show the full path, for copying."""
        self.notify(clean(str(self._path or "no file yet")), timeout=10, markup=False)

    def action_log_search(self) -> None:
        """Ask for a text and go to the next match, from the present line on."""

        def answered(needle: str | None) -> None:
            if needle:
                self._needle = needle
                self.lines.mark(needle)
                self._search(is_forward=True, beyond=False)

        self.app.push_screen(Ask("Search", self._needle), answered)

    def action_log_next(self) -> None:
        """Go to the next match."""
        self._search(is_forward=True, beyond=True)

    def action_log_previous(self) -> None:
        """Go to the previous match."""
        self._search(is_forward=False, beyond=True)

    def _search(self, *, is_forward: bool, beyond: bool) -> None:
        if not self._needle:
            return
        self._search_number += 1
        number, needle = self._search_number, self._needle
        self._set_following(is_following=False)
        self.place_line.show(_quiet(f"searching for {needle} …"))
        self._go(
            lambda pager: pager.search(
                needle,
                is_forward=is_forward,
                beyond=beyond,
                is_current=lambda: number == self._search_number and self.is_attached,
            )
        )

    def action_log_close(self) -> None:
        """Close the log."""
        self.dismiss()


def _on(*, is_on: bool) -> str:
    return "on" if is_on else "off"


def _quiet(text: str) -> Cell:
    return Cell(f" {clean(text)}", QUIET)
