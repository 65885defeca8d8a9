"""The viewer of files: a job's output, followed while it is written, or any other file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from torc_core.errors import MachineError, TorcError
from torc_core.units import format_bytes
from torc_tui.actions import Scope, shown_in
from torc_tui.keymap import bindings_for
from torc_tui.screens.ask import Ask
from torc_tui.state.fetcher import Fetcher
from torc_tui.state.logs.logfile import LogFile
from torc_tui.state.logs.logpaths import Sources
from torc_tui.state.logs.pager import Page, Pager
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.log_lines import LogLines

FOLLOW_S = 0.5
"""How often the end of a file is looked for; network file systems announce no changes."""

Move = Callable[[Pager], bool | None]
"""One change of place; False when a search found nothing."""

_MOVES: dict[str, Move] = {
    "stay": lambda pager: pager.move(0),
    "up": lambda pager: pager.move(-1),
    "down": lambda pager: pager.move(1),
    "page_up": lambda pager: pager.move(1 - pager.height),
    "page_down": lambda pager: pager.move(pager.height - 1),
    "top": lambda pager: pager.move_top(),
    "bottom": lambda pager: pager.move_bottom(),
}


class LogScreen(Screen[None]):
    """One of some files that belong together; read in a thread, so that keys wait for no disk.

    Args:
        fetcher: Lends its threads.
        name: What is shown, until more is known.
        find: Finds the files; called in a thread.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LOG)

    title_line = getters.query_one("#title", Line)
    place_line = getters.query_one("#place", Line)
    lines = getters.query_one(LogLines)

    def __init__(self, fetcher: Fetcher, name: str, find: Callable[[], Sources]) -> None:
        super().__init__()
        self._fetcher = fetcher
        self._slot = f"log {id(self)}"
        self._find = find
        self._sources = Sources(name, ())
        self._pager: Pager | None = None
        self._moves: deque[Move] = deque()
        self._seen_size = -1
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
        yield KeyHints(shown_in(Scope.LOG))

    def on_mount(self) -> None:
        """Find the files, then show the end of the first."""
        self._show_title()
        self.place_line.show(Cell(" looking for the file …", QUIET))
        self._ask(self._find, self._open)
        self.set_interval(FOLLOW_S, self._follow)

    def on_unmount(self) -> None:
        """Let go of the file, after whatever is still being read."""
        self._ask(self._close_file, lambda _: None)

    def on_resize(self) -> None:
        """Fill the new size."""
        self._go("bottom" if self._is_following else "stay")

    def _ask(self, call: Callable[[], object], done: Callable[..., None]) -> None:
        self._fetcher.ask(self._slot, call, done, self._failed)

    def _open(self, sources: Sources) -> None:
        self._sources = sources
        self._show_title()
        self._go("bottom")

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
        self._moves.append(_MOVES[where] if isinstance(where, str) else where)
        if self._path is not None:
            self._ask(self._read, self._show)

    def _follow(self) -> None:
        if self._is_following and self._path is not None and self.is_current:
            self._ask(self._read_growth, self._show)

    def _read_growth(self) -> Page | None:
        """Return the new end, or None when there is nothing new. Runs in a thread."""
        pager = self._pager
        if pager and not self._moves and pager.file.size == self._seen_size:
            return None
        self._moves.append(_MOVES["bottom"])
        return self._read()

    def _read(self) -> Page | None:
        """Carry out all moves that wait, and return the page. Runs in a thread."""
        path = self._path
        if path is None:
            return None
        try:
            page = self._read_page(path)
        except FileNotFoundError:
            raise MachineError(f"no output yet: {path}") from None
        except OSError as error:
            raise MachineError(f"{path}: {error.strerror}") from error
        self._seen_size = page.size
        return page

    def _read_page(self, path: Path) -> Page:
        if self._pager is None or self._pager.file.path != path:
            self._close_file()
            self._pager = Pager(LogFile(path))
        pager = self._pager
        pager.width, pager.height = self.lines.size
        pager.wrap = self._is_wrapped
        found = True
        while self._moves:
            found = self._moves.popleft()(pager) is not False
        return pager.page(found=found)

    def _close_file(self) -> None:
        if self._pager is not None:
            self._pager.file.close()
            self._pager = None

    def _show(self, page: Page | None) -> None:
        if page is None or not self.is_attached:
            return
        self.lines.show(page)
        number = "" if page.number is None else f"line {page.number:,}   "
        end = "end   " if page.is_end else ""
        missing = "" if page.found else f"no match for {clean(self._needle)}   "
        self.place_line.show(
            Cell(f" {number}{end}{format_bytes(page.size)}   ", QUIET),
            Cell(missing, "yellow"),
            Cell(clean(str(self._path)), QUIET),
        )

    def _failed(self, error: TorcError) -> None:
        if self.is_attached:
            self.place_line.show(Cell(f" {clean(error.message)}", QUIET))

    def _set_following(self, *, is_following: bool) -> None:
        self._is_following = is_following
        self._show_title()

    def action_move(self, where: str) -> None:
        """Move; away from the end is no longer following it."""
        self._set_following(is_following=where == "bottom")
        self._go(where)

    def action_log_left(self) -> None:
        """Scroll to the left."""
        self._scroll_sideways(-1)

    def action_log_right(self) -> None:
        """Scroll to the right."""
        self._scroll_sideways(1)

    def _scroll_sideways(self, steps: int) -> None:
        if not self._is_wrapped:
            self.lines.scroll_sideways(steps)

    def action_log_follow(self) -> None:
        """Follow the end, or stay."""
        self.action_move("stay" if self._is_following else "bottom")

    def action_log_switch(self) -> None:
        """Show the next of the files, from its end."""
        self._chosen = (self._chosen + 1) % max(1, len(self._sources.streams))
        self.lines.clear()
        self.action_move("bottom")

    def action_log_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self._is_wrapped = not self._is_wrapped
        self.lines.scroll_to_start()
        self._show_title()
        self._go("bottom" if self._is_following else "stay")

    def action_log_path(self) -> None:
        """Show the path in full, to be copied."""
        self.notify(clean(str(self._path or "no file yet")), timeout=10, markup=False)

    def action_log_search(self) -> None:
        """Ask for a text and go to its next place, from the present line on."""

        def answered(needle: str | None) -> None:
            if needle:
                self._needle = needle
                self.lines.mark(needle)
                self._search(is_forward=True, goes_on=False)

        self.app.push_screen(Ask("Search", self._needle), answered)

    def action_log_next(self) -> None:
        """Go to the next match."""
        self._search(is_forward=True, goes_on=True)

    def action_log_previous(self) -> None:
        """Go to the previous match."""
        self._search(is_forward=False, goes_on=True)

    def _search(self, *, is_forward: bool, goes_on: bool) -> None:
        if not self._needle:
            return
        self._search_number += 1
        number, needle = self._search_number, self._needle
        self._set_following(is_following=False)
        self.place_line.show(Cell(f" searching for {clean(needle)} …", QUIET))
        self._go(
            lambda pager: pager.search(
                needle,
                is_forward=is_forward,
                goes_on=goes_on,
                is_wanted=lambda: number == self._search_number and self.is_attached,
            )
        )

    def action_log_close(self) -> None:
        """Back to the list."""
        self.dismiss()


def _on(*, is_on: bool) -> str:
    return "on" if is_on else "off"
