"""The command line at the foot of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.state.commands.words import VERBS, Known, completed, completions
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.line import Line

_HELP = {verb.name: f"{verb.name} {verb.argument}: {verb.help}" for verb in VERBS}


class CommandLine(Dialog[str | None]):
    """One line with completion and history; returns it, or None for Esc.

    Args:
        known: What can be completed.
        history: Earlier lines, the latest last.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.ANSWER, Scope.COMMAND_LINE)
    DEFAULT_CSS = """
    CommandLine { align: left bottom; }
    CommandLine > Vertical {
        width: 100%; max-width: 100%; height: 2; border: none; padding: 0 1; background: $panel;
    }
    CommandLine #prompt { width: 2; }
    CommandLine Horizontal { height: 1; }
    """

    field = getters.query_one(Input)
    offers = getters.query_one("#offers", Line)

    def __init__(self, known: Known, history: Sequence[str]) -> None:
        super().__init__()
        self._known = known
        self._lines = [*history, ""]
        self._at = len(history)

    def compose(self) -> ComposeResult:
        """Lay out: what can be typed, the line."""
        with Vertical():
            yield Line(id="offers")
            with Horizontal():
                yield Line(id="prompt")
                yield Input(compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """No blinking: it would write to the terminal twice a second."""
        self.field.cursor_blink = False
        self.query_one("#prompt", Line).show(Cell(":", "bold"))
        self._offer("")

    def _offer(self, text: str) -> None:
        """Show what the line can become, or what its word does."""
        word, space, _ = text.lstrip().partition(" ")
        found = completions(text, self._known)
        shown = [each.removeprefix(f"{word} ") if space else each for each in found]
        said = "  ".join(shown) or _HELP.get(word, "Enter does it, Esc leaves")
        self.offers.show(Cell(said, QUIET))

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Offer what fits."""
        self._offer(changed.value)

    def action_dialog_accept(self) -> None:
        """Answer."""
        self.dismiss(self.field.value.strip())

    def action_line(self, what: str) -> None:
        """Complete what is unambiguous, or show an older or newer line."""
        if what == "complete":
            self._put(completed(self.field.value, self._known))
        else:
            step = -1 if what == "older" else 1
            self._at = max(0, min(self._at + step, len(self._lines) - 1))
            self._put(self._lines[self._at])

    def _put(self, text: str) -> None:
        self.field.value = text
        self.field.cursor_position = len(text)
