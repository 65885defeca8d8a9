"""The viewer of files, without its keys: it shows a file, and follows one that grows."""

from __future__ import annotations

import asyncio
import contextlib
import textwrap
from collections.abc import Callable
from typing import TypeVar

from textual import getters, work
from textual.app import ComposeResult
from textual.screen import Screen

from torc_core.errors import MachineError, NotFoundError, TorcError
from torc_core.operations.runs.stop import propose_stop
from torc_tui.keys.action import Scope
from torc_tui.keys.table import shown_in
from torc_tui.requests import Requests
from torc_tui.screens.actions.performing import carry_out_here
from torc_tui.state.logs.files.logpaths import Sources, Stream
from torc_tui.state.logs.log_reader import MOVES, Layout, LogReader, Move, Shown
from torc_tui.state.logs.log_status import Options, place_cells, title_cells
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.log_lines import LogLines

T = TypeVar("T")

FOLLOW_S = 0.5
"""How often a file is checked for growth; network file systems announce no changes."""
_SILENT = "still reading: the file system does not answer …"
_OF_SEVERAL = frozenset({"log.switch"})
_OF_ATTEMPTS = frozenset({"log.older", "log.newer"})
_OF_FILES = frozenset({"log.hex"})
_OF_RUNS = frozenset({"log.stop"})
"""Keys that the footer names only where they do something."""


class FileViewer(Screen[None]):
    """Shows one of a group of files; they are read in a thread, so that keys wait for no disk.

    Args:
        requests: Its threads read the files.
        name: The title, until the files are found.
        find: Finds the files; called in a thread.
    """

    title_line = getters.query_one("#title", Line)
    place_line = getters.query_one("#place", Line)
    keys = getters.query_one(KeyHints)
    lines = getters.query_one(LogLines)

    def __init__(self, requests: Requests, name: str, find: Callable[[], Sources]) -> None:
        super().__init__()
        self._requests = requests
        self._slot = f"log {id(self)}"
        self._find = find
        self._reader = LogReader()
        self._wake = asyncio.Event()
        self._shown: Shown | None = None
        self._said = ""
        self._problem = ""
        """Why there is nothing to be seen."""
        self.number = 0
        """Which of the files is shown."""
        self.sources = Sources(name, ())
        self.options = Options()

    def compose(self) -> ComposeResult:
        """Lay out: title, lines, place, keys."""
        yield Line(id="title", classes="title")
        yield LogLines()
        yield Line(id="place")
        yield KeyHints()

    def on_mount(self) -> None:
        """Find the files, then show the first."""
        self.show_title()
        self.find_files(self._find)
        self._keep_up_to_date()

    def on_unmount(self) -> None:
        """Close the file, after the page that is still being read."""
        with contextlib.suppress(MachineError):  # too many others have hung already
            self._requests.submit(self._reader.close, slot=self._slot)

    def on_resize(self) -> None:
        """Fill the new size."""
        self.go("bottom" if self.options.is_followed else "stay")

    def on_screen_resume(self) -> None:
        """Go on after a dialog."""
        self._wake.set()

    @property
    def stream(self) -> Stream | None:
        """The file that is shown, once it is known."""
        return self.sources.streams[self.number] if self.sources.streams else None

    @property
    def is_hex(self) -> bool:
        """Whether a hex dump is seen."""
        return self._shown is not None and self._shown.look.is_hex

    @property
    def line_number(self) -> int | None:
        """The number of the first line in sight, if it is known."""
        return self._shown and self._shown.look.number

    @work(exclusive=True, group="find")
    async def find_files(self, find: Callable[[], Sources]) -> None:
        """Look for files in a thread, then show them in place of the present ones."""
        self._say_instead("looking for the file …")
        try:
            sources = await self._requests.look(find, say_silent=self._say_searching)
        except TorcError as error:
            self._say_instead(error.message)
            return
        self.sources = sources
        if sources.remark:
            self._say_instead(sources.remark)
        self.open_stream(sources.chosen)

    def _say_searching(self, is_silent: bool) -> None:
        if is_silent:
            self._say_instead("still looking for the file: there is no answer …")

    def _say_instead(self, text: str) -> None:
        self._problem, self._shown = text, None
        self._show_place()

    def open_stream(self, number: int) -> None:
        """Show another one of the files, from where it is of interest."""
        self.number = number % max(1, len(self.sources.streams))
        self._shown = None
        self._said = ""
        self.lines.clear()
        stream = self.stream
        self.options.is_followed = stream is None or (stream.is_log and stream.error is None)
        self.options.is_hex = False if stream is None or stream.is_log else None
        self._show_keys()
        self.show_title()
        if stream is not None and stream.error is not None:
            offset = stream.error.offset
            self.go(lambda view: view.note(offset))
            self.tell(f"first error: {stream.error.name}")
        else:
            self.go("bottom" if self.options.is_followed else "top")

    def go(self, where: str | Move) -> None:
        """Do something in the file, then show what is there."""
        self._said = ""
        self._reader.move(MOVES[where] if isinstance(where, str) else where)
        self._wake.set()

    def tell(self, text: str, *, instead_of: str = "") -> None:
        """Say something below the lines until the next key, in place of a text if it is there."""
        if instead_of and self._said != instead_of:
            return
        self._said = text
        self._show_place()

    @work
    async def look(self, find: Callable[[], T], found: Callable[[T], None]) -> None:
        """Look at files in a thread, then do something with what was found."""
        try:
            answer = await self._requests.look(find, say_silent=self._say_silent)
        except TorcError as error:
            self.tell(error.message)
        else:
            if self.is_current:
                found(answer)

    @work
    async def stop_run(self, run_id: str) -> None:
        """Ask whether to stop a run, and do it; closing the viewer leaves it running."""
        try:
            await carry_out_here(
                self.app, self._requests, lambda: propose_stop([run_id]), self.tell
            )
        except TorcError as error:
            self.tell(error.message)

    def _say_silent(self, is_silent: bool) -> None:
        self.tell(_SILENT if is_silent else "")

    def show_title(self) -> None:
        """Show which file is seen, and how."""
        if self.is_attached:
            names = [stream.name for stream in self.sources.streams]
            cells = title_cells(self.sources.title, names, self.number, self.options)
            self.title_line.show(*cells)

    def set_following(self, *, is_followed: bool) -> None:
        """Follow the end of the file, or stay where one is."""
        self.options.is_followed = is_followed
        self.show_title()

    @work(exclusive=True, group="pages")
    async def _keep_up_to_date(self) -> None:
        """Read in a thread what is asked for, and look now and then whether there is more."""
        while True:
            self._wake.clear()
            stream = self.stream
            if stream is not None and self.is_current and self.lines.size.height:
                await self._read(stream)
            if not self._reader.has_work or not self.is_current or stream is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), FOLLOW_S)

    async def _read(self, stream: Stream) -> None:
        options, size = self.options, self.lines.size
        layout = Layout(
            *(size.width, size.height, options.is_wrapped),
            *(options.has_colors, options.is_hex, options.only),
        )
        is_followed = options.is_followed
        try:
            shown = await self._requests.look(
                lambda: self._reader.step(stream.source, layout, is_followed=is_followed),
                slot=self._slot,
                say_silent=self._say_silent,
            )
        except TorcError as error:
            self._shown = None
            self.lines.clear()
            self._problem = self.sources.remark or _problem(error, stream)
            self._show_place()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), FOLLOW_S)
            return
        if shown is not None and stream is self.stream:
            if shown.remark and (self._shown is None or shown.remark != self._shown.remark):
                self._said = ""
            self._shown = shown
            self.lines.show(shown.look.page)
            self._show_place()

    def _show_place(self) -> None:
        stream = self.stream
        if self._shown is None or stream is None:
            rows = textwrap.wrap(clean(self._said or self._problem), self.size.width - 2) or [""]
            self.place_line.styles.height = len(rows)
            self.place_line.show(*(cell for row in rows for cell in (_quiet(row), Cell("\n"))))
            return
        self.place_line.styles.height = 1
        place, width = stream.source.shown, self.size.width
        remark = self._said or self._shown.remark
        self.place_line.show(*place_cells(self._shown.look, place, remark, width))

    def _show_keys(self) -> None:
        sources, stream = self.sources, self.stream
        hidden = frozenset[str]()
        if len(sources.streams) < 2:
            hidden |= _OF_SEVERAL
        if sources.older is None and sources.newer is None:
            hidden |= _OF_ATTEMPTS
        if stream is None or stream.is_log:
            hidden |= _OF_FILES
        if stream is None or not stream.run_id:
            hidden |= _OF_RUNS
        self.keys.show(tuple(each for each in shown_in({Scope.LOG}) if each.id not in hidden))

    def action_move(self, where: str) -> None:
        """Move; moving away from the end stops following it."""
        self.set_following(is_followed=where == "bottom")
        self.go(where)


def _quiet(text: str) -> Cell:
    return Cell(f" {text}", QUIET)


def _problem(error: TorcError, stream: Stream) -> str:
    if isinstance(error, NotFoundError) and not stream.is_log:
        return f"There is no such file: {stream.source.shown}"
    return error.message
