"""Picking one of many by typing a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.fuzzy import FuzzySearch
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.state.column_widths import fill
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.cursor_list import CursorList

_MOST_LABEL = 24
_ROWS_BESIDE, _ROWS_EXPLAINED = 5, 5
"""Of the dialog, beside its list: frame, input and keys; and what is said of a choice."""


_BEGUN = 1_000.0
"""Puts what begins with what was typed before all that only holds it."""


class Choice(NamedTuple):
    """One of those to pick from."""

    value: str
    """What is returned."""
    label: str
    """In a column of its own."""
    text: str
    """Behind it; it can be searched, too."""
    explained: str = ""
    """What is said of it while the cursor is on it."""


class Pick(Dialog[str | None]):
    """Offers choices; what is typed selects among them. Returns the value, or None for Esc.

    Args:
        title: What is picked.
        choices: At least one.
        forget: Called with the value of one that is to be deleted; None if they stay.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.ANSWER, Scope.TYPED, Scope.PICK)
    DEFAULT_CSS = """
    Pick > Vertical { width: 90; }
    Pick CursorList { height: 12; }
    Pick .explained { height: 4; margin-top: 1; color: $quiet; }
    """

    field = getters.query_one(Input)
    cursor_list = getters.query_one(CursorList)

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        forget: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices: Sequence[Choice] = tuple(choices)
        self._found: Sequence[Choice] = self._choices
        self._forget = forget
        self._is_explained = any(choice.explained for choice in choices)
        self.scopes = (Scope.ANSWER, *([Scope.PICK] if forget else []), Scope.DIALOG)

    def compose(self) -> ComposeResult:
        """Lay out: what is typed, choices, what is said of one, keys."""
        with Vertical() as box:
            box.border_title = self._title
            yield Input(compact=True, select_on_focus=False, placeholder="type to search")
            yield CursorList(is_led=True)
            if self._is_explained:
                yield Words("", classes="text explained")
            yield self.hints()

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False
        self._show()

    def on_resize(self) -> None:
        """Leave room for what is said of a choice, and for the keys."""
        rest = _ROWS_BESIDE + (_ROWS_EXPLAINED if self._is_explained else 0)
        rows = self.rows_for(min(12, len(self._choices)), rest)
        self.cursor_list.styles.height = rows

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Select among the choices."""
        self._found = matching(self._choices, changed.value)
        self._show()

    def on_line_list_chosen(self, chosen: CursorList.Chosen) -> None:
        """Answer with the choice under the mouse."""
        self.dismiss(self._found[chosen.index].value)

    def _show(self, cursor: int = 0) -> None:
        self.cursor_list.show(lines_of(self._found, self._choices), cursor)
        self._explain()

    def _explain(self) -> None:
        if self._is_explained:
            at = self.cursor_list.cursor or 0
            said = self._found[at].explained if self._found else "Nothing is called that."
            self.query_one(".explained", Words).show(*said.splitlines())

    def action_move(self, where: str) -> None:
        """Move the cursor."""
        self.cursor_list.move(where)
        self._explain()

    def action_dialog_accept(self) -> None:
        """Answer with the choice under the cursor."""
        if self._found:
            self.dismiss(self._found[self.cursor_list.cursor or 0].value)

    def action_pick_delete(self) -> None:
        """Delete the choice under the cursor."""
        if self._forget is None or not self._found:
            return
        gone = self._found[self.cursor_list.cursor or 0]
        self._forget(gone.value)
        self._choices = [each for each in self._choices if each != gone]
        if not self._choices:
            self.dismiss(None)
            return
        self._found = matching(self._choices, self.field.value)
        self._show(self.cursor_list.cursor or 0)


def matching(choices: Sequence[Choice], typed: str) -> Sequence[Choice]:
    """Return the choices that hold what was typed, the best first; all in order for nothing."""
    if not typed.strip():
        return choices
    search = FuzzySearch()

    def score(choice: Choice) -> float:
        found = max(2 * search.match(typed, choice.label)[0], search.match(typed, choice.text)[0])
        is_begun = choice.text.casefold().startswith(typed.strip().casefold())
        return found + _BEGUN * is_begun

    scored = [(score(choice), choice) for choice in choices]
    found = sorted((each for each in scored if each[0] > 0), key=lambda each: -each[0])
    return [choice for _, choice in found]


def lines_of(found: Sequence[Choice], choices: Sequence[Choice]) -> Sequence[list[Cell]]:
    """Return a line for each choice that was found; columns are those of all."""
    width = min(_MOST_LABEL, max(cell_len(clean(choice.label)) for choice in choices))
    return [
        [Cell(fill(clean(choice.label), width) + "  ", "bold"), Cell(clean(choice.text), QUIET)]
        for choice in found
    ]
