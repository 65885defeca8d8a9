"""Choosing a workflow file: typed, completed, from a list, or from those of before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.widgets import Input

from torc_core.errors import SpecError, TorcError
from torc_core.host.user import expand_home
from torc_core.spec import ExpandedWorkflow, SpecFile
from torc_core.units import counted
from torc_tui.keys.action import Scope
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.table import action_named
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.state.creating.preview import glance, problem_lines, read_regular
from torc_tui.state.creating.recent_files import note_file, recent_files, shortened
from torc_tui.state.creating.typed_path import Contents, Entry, completed, read_contents, split
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.cursor_list import CursorList
from torc_tui.widgets.line import Line

MOST_PROBLEMS = 20
REST_S = 0.15
"""A cursor that rests so long is followed by the preview."""


class ChosenFile:
    """A workflow file without problems.

    Args:
        file: As it was read.
        spec: What it becomes.
    """

    def __init__(self, file: SpecFile, spec: ExpandedWorkflow) -> None:
        self.file = file
        self.spec = spec


class NoFile(Enum):
    """In place of a file."""

    WIZARD = auto()


_FILES, _TEXTS = 8, 6
"""The most rows of the list, and of what is known of a file."""
_ROWS_BESIDE = 7
"""Frame, input, where it is, a gap and keys."""
_ON_LIST = ("complete", "down", "up", "page_down", "page_up")
"""What keys do that are about the list."""
WIZARD = NoFile.WIZARD
"""The workflow is to be made without a file."""


class CreateDialog(Dialog[ChosenFile | NoFile | None]):
    """Asks for a workflow file, and stays until it is one without problems.

    Nothing that the file system does is waited for: the list, the preview and the file come when
    they come.

    Args:
        requests: Its threads look at files.
    """

    scopes: tuple[Scope, ...] = (Scope.CREATE,)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)
    DEFAULT_CSS = """
    CreateDialog > Vertical { width: 90%; max-width: 110; }
    CreateDialog #where { color: $quiet; }
    CreateDialog #texts { margin-top: 1; scrollbar-size: 1 1; }
    CreateDialog.-failed Words { color: $error; }
    """

    field = getters.query_one(Input)
    files = getters.query_one(CursorList)
    where = getters.query_one("#where", Line)
    texts = getters.query_one(VerticalScroll)
    about = getters.query_one("#about", Words)

    def __init__(self, requests: Requests) -> None:
        super().__init__()
        self._requests = requests
        self._contents: Contents | None = None
        self._recent: Sequence[str] = ()
        self._choices: list[tuple[str, bool]] = []
        """What each row stands for: a path as it would be typed, and whether it is a directory."""

    def compose(self) -> ComposeResult:
        """Lay out: input, files, what is known of one, keys."""
        with Vertical() as box:
            box.border_title = "New workflow"
            yield Input(placeholder="A file: YAML, JSON, JSON5 or KDL", compact=True)
            yield Line(id="where")
            yield CursorList(is_led=True)
            with VerticalScroll(id="texts", can_focus=False):
                about = Words()
                about.id = "about"
                yield about
            yield self.hints()

    def on_mount(self) -> None:
        """Begin with the current directory; no blinking, which would write twice a second."""
        self.field.cursor_blink = False
        self._look_into("")
        self._find_recent()

    def on_resize(self) -> None:
        """Divide the room between the list and what is known of a file."""
        rows = self.rows_for(_FILES + _TEXTS, _ROWS_BESIDE)
        self.texts.styles.height = texts = rows * _TEXTS // (_FILES + _TEXTS)
        self.files.styles.height = rows - texts

    @property
    def typed(self) -> str:
        """The path as it is typed."""
        return self.field.value.strip()

    # The list

    def on_input_changed(self) -> None:
        """Show what the path may become now."""
        self._say()
        self._follow()

    def _follow(self) -> None:
        if self._contents is not None and self._contents.holds(self.typed):
            self._show_files()
        else:
            self._look_into(self.typed)

    @work(group="contents", exclusive=True)
    async def _look_into(self, typed: str) -> None:
        directory, _ = split(typed)
        self.where.show(Cell(f"{clean(directory) or 'this directory'} …"))
        try:
            self._contents = await self._requests.look(lambda: read_contents(typed))
        except TorcError as error:
            self._contents = None
            self._show_rows([])
            self.where.show(Cell(clean(f"{directory or '.'}: {error.message}"), "yellow"))
            return
        self._show_files()

    @work(group="recent")
    async def _find_recent(self) -> None:
        self._recent = await self._requests.look(recent_files)
        if not self.typed and self._contents is not None:
            self._show_files()

    def _show_files(self) -> None:
        assert self._contents is not None, "there is a list to show"
        directory, _ = split(self.typed)
        matching = self._contents.matching(self.typed)
        recent = [] if self.typed else list(map(shortened, self._recent))
        self._show_rows(matching, recent)
        more = "more than " if self._contents.is_cut else ""
        files = sum(not entry.is_directory for entry in matching)
        text = f"{clean(directory) or 'this directory'}: {more}{counted(files, 'workflow file')}"
        if recent:
            text += f", below {len(recent)} used before"
        self.where.show(Cell(text))

    def _show_rows(self, entries: Sequence[Entry], recent: Sequence[str] = ()) -> None:
        directory, _ = split(self.typed)
        self._choices = [
            *((path, False) for path in recent),
            *((directory + entry.shown, entry.is_directory) for entry in entries),
        ]
        rows = [
            *([Cell(clean(path)), Cell("  used before", QUIET)] for path in recent),
            *(
                [Cell(clean(entry.shown), "bold" if entry.is_directory else "")]
                for entry in entries
            ),
        ]
        self.files.show(rows, None)
        self._preview(self.typed)

    # What is known of a file

    @on(CursorList.Moved)
    def _on_moved(self) -> None:
        self._say()
        self._preview(self._meant)

    @property
    def _meant(self) -> str:
        """The path of the row under the cursor, else the one that is typed."""
        at = self.files.cursor
        return self.typed if at is None else self._choices[at][0]

    def _preview(self, path: str) -> None:
        is_file = (path, False) in self._choices
        if is_file:
            self._glance(path)
        else:
            self.workers.cancel_group(self, "glance")

    @work(group="glance", exclusive=True)
    async def _glance(self, path: str) -> None:
        try:
            lines = await self._requests.look(lambda: glance(expand_home(Path(path))))
        except SpecError as error:
            lines = ["This file has problems:", *problem_lines(error, MOST_PROBLEMS)]
        except TorcError as error:
            lines = [error.message]
        self._say(*lines)

    def _say(self, *lines: str, is_error: bool = False) -> None:
        self.set_class(is_error, "-failed")
        self.about.show(*lines)

    # Keys

    def on_input_submitted(self) -> None:
        """Take the file that is chosen or typed."""
        self.action_create("accept")

    @on(CursorList.Chosen)
    def _on_chosen(self, chosen: CursorList.Chosen) -> None:
        """Take what was clicked into the input; a second click there takes it at all."""
        path, is_directory = self._choices[chosen.index]
        if is_directory or path != self.typed:
            self._type(path)
        else:
            self.action_create("accept")

    def action_create(self, what: str) -> None:
        """Do what a key asks for: accept, complete, cancel, wizard, or a move in the list."""
        match what:
            case "accept":
                self._accept(self._meant)
            case "complete" if self.files.cursor is not None:
                self._type(self._meant)
            case "complete" if self._contents is not None:
                self._type(completed(self.typed, self._contents.matching(self.typed)))
            case "complete":
                pass
            case "cancel":
                self.dismiss(None)
            case "wizard":
                self.dismiss(WIZARD)
            case "up" if self.files.cursor == 0:
                self.files.show_cursor(None)
                self._on_moved()
            case "page_up" | "page_down" if self.texts.max_scroll_y:
                self.texts.scroll_relative(
                    y=self.texts.size.height * (1 if what == "page_down" else -1), animate=False
                )
            case _:
                self.files.move(what)

    def is_early(self, event: Key) -> bool:
        """Return whether a key is about the list, which is still that of another directory."""
        awaited = {"contents"} if self.typed else {"contents", "recent"}
        is_read = not any(
            each.group in awaited and each.node is self and not each.is_finished
            for each in self.workers
        )
        keys = (action_named(f"create.{each}").keys.split(",") for each in _ON_LIST)
        return not is_read and any(event.key in each for each in keys)

    def say_early(self, text: str) -> None:
        """Say that keys were dropped."""
        self._say(text)

    def _type(self, path: str) -> None:
        self.field.value = path
        self.field.cursor_position = len(path)

    def _accept(self, path: str) -> None:
        if not path:
            return
        if path.endswith("/") or path in {"~", ".", ".."}:
            self._type(path if path.endswith("/") else f"{path}/")
            return
        self._say(f"Reading {path} …")
        self._read(path)

    @work(name=AWAITED, group="glance", exclusive=True)
    async def _read(self, path: str) -> None:
        try:
            place = expand_home(Path(path))
            if await self._requests.look(place.is_dir):
                self._type(f"{path}/")
                return
            file = await self._requests.look(lambda: read_regular(place))
            spec = await self._requests.in_thread(file.expand)
        except SpecError as error:
            self._say(*problem_lines(error, MOST_PROBLEMS), is_error=True)
            return
        except TorcError as error:
            self._say(error.message, *filter(None, [error.hint]), is_error=True)
            return
        await self._requests.look(lambda: note_file(place))
        self.dismiss(ChosenFile(file, spec))
