"""A form of the wizard: titles at the left, fields at the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.state.column_widths import fill
from torc_tui.state.creating.forms import Choice, Field, Kind, toggled
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.cursor_list import CursorList
from torc_tui.widgets.line import Line

_TITLE = 13


class Turn(Widget, can_focus=True):
    """One of a few values; keys and clicks turn to the next or the previous one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.FIELD)
    DEFAULT_CSS = """
    Turn { height: 1; width: 1fr; }
    Turn:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    @dataclass
    class Turned(Message):
        """Another value was chosen."""

        turn: Turn
        value: Any

    class Done(Message):
        """Enter was pressed: the next field, please."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: Sequence[Choice] = ()
        self._at = 0

    def show(self, choices: Sequence[Choice], value: object) -> None:
        """Show one of some values."""
        at = next((at for at, each in enumerate(choices) if each.value == value), 0)
        if (at, choices) != (self._at, self._choices):
            self._at, self._choices = at, choices
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one
        """Return the value between arrows."""
        text = clean(self._choices[self._at].text) if self._choices else ""
        shown = fill(f"< {text} >", self.size.width)
        return Strip([Segment(shown, self.rich_style)])

    def action_turn(self, where: str) -> None:
        """Turn to the next or the previous value, or be done."""
        if where == "done":
            self.post_message(self.Done())
        elif self._choices:
            step = 1 if where == "next" else -1
            at = (self._at + step) % len(self._choices)
            self.post_message(self.Turned(self, self._choices[at].value))

    def on_click(self) -> None:
        """Turn to the next value."""
        self.action_turn("next")


class Text(Input):
    """A line of text; while one is elsewhere it shows its beginning."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False  # it would write to the terminal twice a second

    def on_focus(self) -> None:
        """Go on where the text ends."""
        self.cursor_position = len(self.value)

    def on_blur(self) -> None:
        """Show the beginning."""
        self.cursor_position = 0

    def show(self, value: str) -> None:
        """Show another text."""
        if self.value != value:
            with self.prevent(Input.Changed):
                self.value = value
            self.cursor_position = len(value) if self.has_focus else 0


class Marks(CursorList, inherit_bindings=False):
    """Rows that are marked or not."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.MARKS)

    class Done(Message):
        """Enter was pressed: the next field, please."""

    def action_marks_toggle(self) -> None:
        """Mark the job under the cursor, or not."""
        self.action_choices_choose()

    def action_marks_done(self) -> None:
        """Leave it at that."""
        self.post_message(self.Done())


class Form(VerticalScroll, can_focus=False):
    """The fields of one page; it shows what it is given and says what was changed.

    Args:
        fields: In their order.
    """

    DEFAULT_CSS = """
    Form { scrollbar-size: 1 1; }
    Form Horizontal { height: 1; }
    Form Horizontal.-jobs { height: 1fr; min-height: 4; }
    Form Line { width: 15; }
    Form CursorList { height: 1fr; width: 1fr; }
    Form Input { width: 1fr; background: $panel; }
    """

    @dataclass
    class Edited(Message):
        """Another value was chosen in a field."""

        key: object
        """Of the entry that the form was for."""
        field: str
        value: Any

    @dataclass
    class Typed(Message):
        """Something was typed; `typed` says what stands there by now."""

        key: object

    class Next(Message):
        """Enter was pressed in a field."""

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self.fields = fields
        self.key: object = None
        """Of the entry that is shown."""
        self._values: Mapping[str, Any] = {}
        self._jobs: Sequence[Choice] = ()
        self._editors: dict[str, Text | Turn | Marks] = {}
        self._titles: dict[str, Line] = {}
        self._rows: dict[str, Horizontal] = {}

    def compose(self) -> ComposeResult:
        """Lay out: a row per field."""
        for field in self.fields:
            editor: Text | Turn | Marks
            match field.kind:
                case Kind.TEXT:
                    editor = Text()
                case Kind.CHOICE:
                    editor = Turn()
                case _:
                    editor = Marks()
            title = Line()
            self._editors[field.name], self._titles[field.name] = editor, title
            row = self._rows[field.name] = Horizontal()
            row.set_class(field.kind is Kind.JOBS, "-jobs")
            with row:
                yield title
                yield editor

    def show(
        self,
        key: object,
        values: Mapping[str, Any],
        choices: Mapping[str, Sequence[Choice]],
        jobs: Sequence[Choice],
        faults: Collection[str],
    ) -> None:
        """Show what an entry holds.

        Args:
            key: Of the entry.
            values: Of the fields that mean something for it; the others are hidden.
            choices: Of the fields that are one of a few values.
            jobs: Those that may be marked.
            faults: Fields with problems.
        """
        is_same = key == self.key
        self.key, self._values, self._jobs = key, values, jobs
        for field in self.fields:
            editor, title = self._editors[field.name], self._titles[field.name]
            self._rows[field.name].display = field.name in values
            if field.name not in values:
                continue
            is_wrong = field.name in faults
            name = fill(field.title, _TITLE)
            title.show(
                Cell("✗ " if is_wrong else "  ", "red"), Cell(name, "red" if is_wrong else QUIET)
            )
            value = values[field.name]
            if isinstance(editor, Text):
                editor.show(value)
            elif isinstance(editor, Turn):
                editor.show(choices[field.name], value)
            else:
                rows = [
                    [Cell("[x] " if job.value in value else "[ ] "), Cell(clean(job.text))]
                    for job in jobs
                ]
                cursor = (editor.cursor or 0) if is_same else 0
                editor.show(rows, cursor if rows else None)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the inputs in sight now, also what has not been reported yet."""
        return {
            name: editor.value
            for name, editor in self._editors.items()
            if isinstance(editor, Text) and name in self._values
        }

    @property
    def focused_field(self) -> Field | None:
        """The field that has the focus."""
        return next((each for each in self.fields if self._editors[each.name].has_focus), None)

    @property
    def is_in_empty(self) -> bool:
        """Whether an input with nothing in it has the focus: what to write helps more there."""
        return any(
            isinstance(editor, Text) and editor.has_focus and not editor.value.strip()
            for editor in self._editors.values()
        )

    @property
    def is_in_last(self) -> bool:
        """Whether the last field that is shown has the focus."""
        shown = [field for field in self.fields if field.name in self._values]
        return bool(shown) and self._editors[shown[-1].name].has_focus

    def enter(self, name: str | None = None) -> None:
        """Give the focus to a field, or to the first one."""
        shown = [field.name for field in self.fields if field.name in self._values]
        if shown:
            # At once: `focus` would let the next key pass by.
            self.screen.set_focus(self._editors[name if name in shown and name else shown[0]])

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self.key))

    @on(Turn.Turned)
    def _on_turned(self, event: Turn.Turned) -> None:
        event.stop()
        self.post_message(self.Edited(self.key, self._name_of(event.turn), event.value))

    @on(CursorList.Chosen)
    def _on_marked(self, event: CursorList.Chosen) -> None:
        event.stop()
        name = self._name_of(event.list)
        keys = toggled(self._values[name], self._jobs[event.index].value)
        self.post_message(self.Edited(self.key, name, keys))

    @on(CursorList.Moved)
    def _on_moved(self, event: CursorList.Moved) -> None:
        event.stop()

    @on(Input.Submitted)
    @on(Turn.Done)
    @on(Marks.Done)
    def _on_done(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Next())

    def _name_of(self, editor: Widget) -> str:
        return next(name for name, each in self._editors.items() if each is editor)
