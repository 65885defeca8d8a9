"""One or a few lines of text of a fixed size."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.widgets import Static

from torc_tui.state.rows import Cell


class Line(Static):
    """A text that is repainted only when it differs, and never moves what is around it."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, classes=classes, markup=False)
        self._shown = Text()

    def show(self, *cells: Cell | str) -> None:
        """Show these pieces, one after the other."""
        text = joined(cells)
        if text != self._shown or text.spans != self._shown.spans:
            self._shown = text
            self.update(text, layout=False)


def joined(cells: Iterable[Cell | str]) -> Text:
    """Return the pieces as one text in which nothing is markup."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for cell in cells:
        if isinstance(cell, Cell):
            text.append(cell.text, cell.tone or None)
        else:
            text.append(cell)
    return text
