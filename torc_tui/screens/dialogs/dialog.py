"""What all dialogs look like: a box in the middle, its keys at the foot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.table import shown_in
from torc_tui.terminal import clean
from torc_tui.widgets.key_hints import KeyHints

Answer = TypeVar("Answer")
_INDENT = "  "


class Dialog(ModalScreen[Answer]):
    """A question in a box; what does not fit scrolls above its keys."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: transparent; }
    Dialog > Vertical, Dialog > VerticalScroll {
        width: 72; max-width: 100%;
        height: auto; max-height: 90%;
        border: round $primary; padding: 0 1; background: $surface;
        scrollbar-size-vertical: 1;
    }
    Dialog .text { width: 1fr; height: auto; }
    Dialog Input { width: 1fr; }
    Dialog .foot, Dialog KeyHints {
        dock: bottom; width: 1fr; height: auto; background: $surface;
    }
    Dialog KeyHints { padding: 1 0 0 0; }
    Dialog.-danger > Vertical, Dialog.-danger > VerticalScroll { border: round $error; }
    """

    scopes: tuple[Scope, ...] = (Scope.ANSWER, Scope.DIALOG)
    """Scopes of the keys at its foot."""
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.DIALOG)

    def hints(self) -> KeyHints:
        """Return its keys, for its foot."""
        return KeyHints(shown_in(self.scopes))

    def action_dialog_cancel(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)

    def rows_for(self, wanted: int, rest: int) -> int:
        """Return how many rows a list can have beside `rest` other ones."""
        return max(3, min(wanted, self.size.height * 9 // 10 - rest))


class Words(Static):
    """Lines of a dialog; names in them are cleaned here, and nothing is markup."""

    def __init__(self, *lines: str, classes: str = "text") -> None:
        super().__init__(_Hanging(lines), classes=classes, markup=False)

    def show(self, *lines: str) -> None:
        """Show other lines."""
        self.update(_Hanging(lines))


class _Hanging:
    """Lines that are indented where they wrap, so that each visibly begins."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = [Text(clean(line)) for line in lines]

    def __str__(self) -> str:
        return "\n".join(line.plain for line in self._lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        for line in self._lines:
            if line.cell_len <= width:
                yield line
                continue
            first, *rest = line.wrap(console, max(width - len(_INDENT), 1))
            yield first
            yield from (Text(_INDENT) + part for part in rest)
